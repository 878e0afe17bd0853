package io.halfstep.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.actor.testkit.typed.javadsl.TestInbox;
import akka.actor.typed.ActorRef;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.StageActor;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FormsTest {
  @SuppressWarnings("unchecked")
  private static <T> T roundTrip(T object) {
    byte[] bytes = WireWriter.inMemory(-1).object(object).bytes();
    return (T) new WireReader(bytes).object(object.getClass());
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

  /** Whatever their order, constants keep their numbers. */
  @Test
  void aConstantWithoutANumberIsAMistake() {
    assertThatThrownBy(
            () -> new Numbered<>(Pass.class, Map.of(Pass.OBSERVE, 1, Pass.ROUND, 2, Pass.LEARN, 3)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                new Numbered<>(
                    Pass.class,
                    Map.of(Pass.OBSERVE, 1, Pass.ROUND, 2, Pass.LEARN, 3, Pass.FINISH, 3)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void statisticsGoOnFromWhereTheyWere() {
    ActivationStatistics statistics = new ActivationStatistics();
    statistics.add(new float[] {-1, 2, Float.NaN, 5});
    ActivationStatistics copy = roundTrip(statistics);
    assertThat(copy).isEqualTo(statistics);
    statistics.add(new float[] {9, 0.001f});
    copy.add(new float[] {9, 0.001f});
    assertThat(copy).isEqualTo(statistics);
  }

  @Test
  void whatIsNotKnownIsRefused() {
    assertThatThrownBy(() -> roundTrip(new java.io.File("x"))).hasMessageContaining("has no form");
    assertThatThrownBy(() -> read(w -> w.count(99))).hasMessage("no form has the number 99");
    assertThatThrownBy(() -> read(w -> w.count(51).count(2)))
        .hasMessage("Credit in version 2; this program knows up to version 1");
    assertThatThrownBy(() -> read(w -> w.count(40).count(1).count(16))).hasMessage("Pass 16");
  }

  @Test
  void whatEndsTooEarlyIsRefused() {
    assertThatThrownBy(() -> read(w -> w.count(51).count(1).number(3)))
        .isInstanceOf(UncheckedIOException.class);
    assertThatThrownBy(() -> read(w -> w.count(63).count(1).count(3)))
        .isInstanceOf(UncheckedIOException.class);
  }

  /** Found by FormsFuzzTest: a few bytes that announce gigabytes. */
  @Test
  void memoryIsTakenOnlyForWhatIsThere() {
    assertThatThrownBy(() -> read(w -> w.count(39).count(1).count(Integer.MAX_VALUE)))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("0 bytes are left, expected 8589934588");
    assertThatThrownBy(
            () -> read(w -> w.count(31).count(1).number(1).numbers(new long[] {1 << 15, 1 << 14})))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("0 bytes are left, expected 2147483648");
  }

  /** Found by FormsFuzzTest. */
  @Test
  void damagedContentIsRefused() {
    assertThatThrownBy(() -> read(w -> w.count(31).count(1).number(1).numbers(new long[] {-1, -2})))
        .isInstanceOf(ArithmeticException.class)
        .hasMessage("a negative axis: -1");
    assertThatThrownBy(() -> read(w -> w.count(45).count(1).number(3).bytes(new byte[] {-128}, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no text");
    assertThatThrownBy(() -> read(w -> w.count(52).count(1).number(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("actor reference");
  }

  private static Object read(Consumer<WireWriter> content) {
    WireWriter writer = WireWriter.inMemory(-1);
    content.accept(writer);
    return new WireReader(writer.bytes()).object(Object.class);
  }

  @Test
  void anActorIsWrittenToTheNetworkOnly() {
    ActorRef<StageActor.Command> actor = TestInbox.<StageActor.Command>create().getRef();
    assertThatThrownBy(() -> roundTrip(new StageActor.Connect(0, actor, 0)))
        .hasMessageContaining("network only");
  }
}
