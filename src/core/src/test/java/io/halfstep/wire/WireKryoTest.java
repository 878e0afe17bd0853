package io.halfstep.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.halfstep.failure.Fault;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Item.PassEnd;
import io.halfstep.protocol.Item.PassStart;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageActor;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WireKryoTest {
  @SuppressWarnings("unchecked")
  private static <T> T roundTrip(T object) {
    Output output = new Output(64, -1);
    WireKryo.write(output, object);
    return (T) WireKryo.read(new Input(output.toBytes()));
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void tensorsOfEveryTypeSurvive(ElementType type) {
    // Longer than a chunk of the serializer and not a multiple of it.
    Tensor tensor = Tensor.zeros(type, 3, 23_457);
    for (int i = 0; i < tensor.size(); i++) {
      set(tensor.data(), i, i * 31);
    }
    Batch batch = new Batch(7, 3, new TreeMap<>(Map.of("t", Activation.shared(tensor))));
    StageActor.Offer offer = roundTrip(new StageActor.Offer(2, batch));
    assertThat(offer.inlet()).isEqualTo(2);
    assertThat(offer.item()).isInstanceOf(Batch.class);
    Batch received = (Batch) offer.item();
    assertThat(received.id()).isEqualTo(7);
    assertThat(received.samples()).isEqualTo(3);
    Activation activation = received.activations().get("t");
    assertThat(activation.isShared()).isTrue();
    Tensor copy = activation.teacher();
    assertThat(copy.type()).isEqualTo(type);
    assertThat(copy.shape()).isEqualTo(tensor.shape());
    assertThat(copy.data()).isEqualTo(tensor.data());
  }

  private static void set(Object data, int i, int value) {
    if (data instanceof float[] a) {
      a[i] = value;
    } else if (data instanceof double[] a) {
      a[i] = value;
    } else if (data instanceof long[] a) {
      a[i] = value;
    } else if (data instanceof int[] a) {
      a[i] = value;
    } else if (data instanceof short[] a) {
      a[i] = (short) value;
    } else {
      ((byte[]) data)[i] = (byte) value;
    }
  }

  @Test
  void markersAndCreditSurvive() {
    assertThat(roundTrip(new PassStart(Pass.ROUND, 0))).isEqualTo(new PassStart(Pass.ROUND, 0));
    assertThat(roundTrip(new StageActor.Credit(3, 1L << 40)))
        .isEqualTo(new StageActor.Credit(3, 1L << 40));
    PassEnd end =
        roundTrip(
            new PassEnd(
                Pass.OBSERVE,
                new TreeMap<>(Map.of("t", Encoding.perTensor(Grid.unsigned(8), 0.25f, 17)))));
    Encoding encoding = end.encodings().get("t");
    assertThat(encoding.grid()).isEqualTo(Grid.unsigned(8));
    assertThat(encoding.scale(0)).isEqualTo(0.25f);
    assertThat(encoding.zeroPoint(0)).isEqualTo(17);
  }

  @Test
  void whatStagesReportSurvives() {
    QuantizedWeight weight =
        new QuantizedWeight(
            new int[] {1, -2, 3, 0}, 2, 2, Encoding.perTensor(Grid.signed(4), 0.5f, 0));
    RunEvent.Rounded rounded =
        roundTrip(new RunEvent.Rounded("conv", weight, "lattice", 1.5, 3, 2, 0.1, "note"));
    assertThat(rounded.weight().integers()).containsExactly(1, -2, 3, 0);
    assertThat(rounded.loss()).isEqualTo(1.5);
    RunEvent.Failed failed = new RunEvent.Failed("conv", 4, "why", Fault.DISK);
    assertThat(roundTrip(failed)).usingRecursiveComparison().isEqualTo(failed);
    ActivationStatistics statistics = new ActivationStatistics();
    statistics.add(new float[] {-1, 2, Float.NaN, 5});
    RunEvent.RangesSet ranges =
        roundTrip(
            new RunEvent.RangesSet("s", new TreeMap<>(), new TreeMap<>(Map.of("t", statistics))));
    ActivationStatistics copy = ranges.statistics().get("t");
    copy.add(new float[] {9});
    assertThat(copy.max()).isEqualTo(9f);
    assertThat(copy.min()).isEqualTo(-1f);
  }

  @Test
  void whatCheckpointsAreMadeOfSurvives() {
    Item.Checkpoint barrier = new Item.Checkpoint(3, 1L << 40, 1L << 41);
    assertThat(roundTrip(barrier)).isEqualTo(barrier);
    RunEvent.CheckpointBegun begun = new RunEvent.CheckpointBegun(3, Pass.LEARN, 4, 5);
    assertThat(roundTrip(begun)).isEqualTo(begun);
    RunEvent.NotSaved failed = new RunEvent.NotSaved(3, "layer", true, "file", "why");
    assertThat(roundTrip(failed)).isEqualTo(failed);
    RunEvent.Saved saved = new RunEvent.Saved(3, "1-a", true, "f", 1L << 40, -1);
    assertThat(roundTrip(saved)).isEqualTo(saved);
  }

  @Test
  void encodingsSurvive() {
    Grid grid = Grid.unsigned(4);
    Encoding channels = Encoding.perChannel(grid, new float[] {0.25f, 1}, new int[] {15, 3});
    Encoding blocks =
        Encoding.perBlock(grid, 16, 2, new float[] {1, 2, 3, 4}, new int[] {0, 1, 2, 3});
    for (Encoding encoding : List.of(channels, blocks)) {
      QuantizedWeight weight = new QuantizedWeight(new int[2 * 20], 2, 20, encoding);
      assertThat(roundTrip(weight).encoding()).isEqualTo(encoding);
    }
  }

  /** As they were written before there were blocks. */
  @Test
  void encodingsWithoutBlocksKeepTheirForm() {
    Encoding encoding =
        Encoding.perChannel(Grid.unsigned(8), new float[] {0.25f, 1}, new int[] {17, 3});
    String written = "240110fe0300030000803e0000803f032206";
    Output output = new Output(64, -1);
    WireKryo.write(output, encoding);
    assertThat(HexFormat.of().formatHex(output.toBytes())).isEqualTo(written);
    assertThat(WireKryo.read(new Input(HexFormat.of().parseHex(written)))).isEqualTo(encoding);
  }

  @Test
  void whatIsNotRegisteredIsRefused() {
    assertThatThrownBy(() -> roundTrip(new java.io.File("x")))
        .hasMessageContaining("not registered");
  }
}
