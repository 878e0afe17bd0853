package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.Padding;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.plan.Plan;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.source.Dataset;
import io.halfstep.source.ImageSpec;
import io.halfstep.source.Normalization;
import io.halfstep.source.SampleBatch;
import io.halfstep.source.Sources;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sequences learn the same alone and padded to a common length. */
class PaddingTest {
  private static final int CHANNELS = 4;
  private static final int LONGEST = 7;
  private static final int SEQUENCES = 24;

  /** Rows of a sequence and of all sequences, and their mean; outputs with all kinds of axes. */
  private static StageGraph network(String mask) {
    return StageGraph.of(
        OnnxGraphs.opset(13)
            .input("x", -1, -1, CHANNELS)
            .input(mask, ElementType.INT64, -1, -1)
            .weight("w1", CHANNELS, 6)
            .node("MatMul", "a", List.of("x", "w1"))
            .node("Relu", "r", List.of("a"))
            .initializer("rows", Tensor.of(ElementType.INT64, new long[] {-1, 6}, 2))
            .node("Reshape", "flat", List.of("r", "rows"))
            .weight("w2", 6, CHANNELS)
            .node("Gemm", "b", List.of("flat", "w2"))
            .node("Shape", "shape", List.of("x"))
            .node("Reshape", "tokens", List.of("b", "shape"))
            .initializer("last", Tensor.of(ElementType.INT64, new long[] {2}, 1))
            .initializer("middle", Tensor.of(ElementType.INT64, new long[] {1}, 1))
            .node("Cast", "real", List.of(mask), OnnxGraphs.integer("to", 1))
            .node("Unsqueeze", "column", List.of("real", "last"))
            .node("Mul", "kept", List.of("tokens", "column"))
            .node("ReduceSum", "sum", List.of("kept", "middle"), OnnxGraphs.integer("keepdims", 0))
            .weight("w3", CHANNELS, 3)
            .node("MatMul", "y", List.of("sum", "w3"))
            .node(
                "ReduceSum", "scores", List.of("tokens", "last"), OnnxGraphs.integer("keepdims", 0))
            .output("y")
            .output("tokens")
            .output("scores")
            .model());
  }

  private static List<float[]> sequences() {
    Random random = new Random(3);
    List<float[]> sequences = new ArrayList<>();
    for (int i = 0; i < SEQUENCES; i++) {
      float[] values = new float[(1 + random.nextInt(LONGEST)) * CHANNELS];
      for (int j = 0; j < values.length; j++) {
        values[j] = (float) random.nextGaussian();
      }
      sequences.add(values);
    }
    return sequences;
  }

  private static List<SampleBatch> alone(String mask) {
    List<SampleBatch> batches = new ArrayList<>();
    for (float[] sequence : sequences()) {
      batches.add(batch(batches.size(), mask, List.of(sequence), sequence.length / CHANNELS));
    }
    return batches;
  }

  private static List<SampleBatch> padded(String mask, int size) {
    List<SampleBatch> batches = new ArrayList<>();
    for (int from = 0; from < SEQUENCES; from += size) {
      batches.add(batch(batches.size(), mask, sequences().subList(from, from + size), LONGEST));
    }
    return batches;
  }

  /** Padding that would be noticed. */
  private static SampleBatch batch(int id, String mask, List<float[]> sequences, int length) {
    int size = sequences.size();
    float[] x = new float[size * length * CHANNELS];
    Arrays.fill(x, 1000);
    long[] real = new long[size * length];
    for (int i = 0; i < size; i++) {
      float[] sequence = sequences.get(i);
      System.arraycopy(sequence, 0, x, i * length * CHANNELS, sequence.length);
      Arrays.fill(real, i * length, i * length + sequence.length / CHANNELS, 1);
    }
    return new SampleBatch(
        id,
        (long) id * size,
        size,
        Map.of(
            "x",
            Tensor.of(x, size, length, CHANNELS),
            mask,
            Tensor.of(ElementType.INT64, real, size, length)));
  }

  private static Plan plan(Plan.Schedule schedule, RoundingMethod rounding) {
    return Plan.DEFAULT.toBuilder().schedule(schedule).rounding(rounding).build();
  }

  private static QuantizedNetwork run(Plan plan, List<SampleBatch> batches) throws Exception {
    return Runs.run(Runs.request(network("attention_mask"), plan, batches)).network();
  }

  private static void assertSame(QuantizedNetwork padded, QuantizedNetwork alone) {
    assertSameRanges(padded, alone);
    assertThat(padded.layers()).hasSize(3);
    for (int i = 0; i < 3; i++) {
      assertThat(padded.layers().get(i).weight().integers())
          .isEqualTo(alone.layers().get(i).weight().integers());
      assertThat(padded.layers().get(i).loss())
          .isCloseTo(alone.layers().get(i).loss(), within(alone.layers().get(i).loss() * 1e-3));
      assertThat(padded.layers().get(i).sqnrDb())
          .isCloseTo(alone.layers().get(i).sqnrDb(), within(0.01));
    }
    assertThat(padded.outputSqnrDb()).containsOnlyKeys("y", "tokens", "scores");
    padded
        .outputSqnrDb()
        .forEach(
            (output, db) ->
                assertThat(db)
                    .as(output)
                    .isCloseTo(alone.outputSqnrDb().get(output), within(0.01)));
  }

  private static void assertSameRanges(QuantizedNetwork padded, QuantizedNetwork alone) {
    assertThat(padded.activations().keySet()).isEqualTo(alone.activations().keySet()).hasSize(3);
    alone
        .activations()
        .forEach(
            (tensor, encoding) -> {
              assertThat(padded.statistics().get(tensor).count())
                  .as(tensor)
                  .isEqualTo(alone.statistics().get(tensor).count());
              assertThat(padded.activations().get(tensor).scales()[0])
                  .as(tensor)
                  .isCloseTo(encoding.scales()[0], within(encoding.scales()[0] * 1e-5f));
            });
  }

  @ParameterizedTest
  @EnumSource(Plan.Schedule.class)
  void paddingIsNotLearnedFrom(Plan.Schedule schedule) throws Exception {
    Plan plan = plan(schedule, RoundingMethod.LATTICE);
    assertSame(run(plan, padded("attention_mask", 8)), run(plan, alone("attention_mask")));
  }

  /** One block, whose outputs have all kinds of axes. */
  @Test
  void paddingIsNotLearnedFromByGradient() throws Exception {
    Plan plan =
        Plan.DEFAULT.toBuilder().weightBits(2).learn(Plan.Learn.BLOCKS).effort(Effort.FAST).build();
    QuantizedNetwork padded = run(plan, padded("attention_mask", 8));
    QuantizedNetwork alone = run(plan, alone("attention_mask"));

    assertThat(padded.learned()).hasSize(1);
    assertThat(padded.learned().get(0).before())
        .isCloseTo(alone.learned().get(0).before(), withinPercentage(0.1));
    assertThat(padded.learned().get(0).after()).isLessThan(padded.learned().get(0).before());
  }

  @Test
  void paddingIsInNoStoredSample() throws Exception {
    Plan plan = plan(Plan.Schedule.WAVE, RoundingMethod.LATTICE_SAMPLES);
    assertSame(run(plan, padded("attention_mask", 6)), run(plan, alone("attention_mask")));
  }

  @ParameterizedTest
  @EnumSource(Plan.Schedule.class)
  void groupsOfSimilarLengthLearnTheSame(Plan.Schedule schedule, @TempDir Path folder)
      throws Exception {
    Plan plan = plan(schedule, RoundingMethod.LATTICE);
    Dataset data = files(folder);
    QuantizedNetwork oneByOne = grouped(plan, data, 1);
    for (int batch : new int[] {5, 32}) {
      QuantizedNetwork grouped = grouped(plan, data, batch);
      assertSame(grouped, oneByOne);
      assertThat(grouped.padding().leftOut()).isPositive();
    }
    assertThat(oneByOne.padding().leftOut()).isZero();
  }

  @Test
  void rangesDoNotDependOnTheOrder(@TempDir Path folder) throws Exception {
    Plan plan = plan(Plan.Schedule.PARALLEL, RoundingMethod.NEAREST);
    assertSameRanges(grouped(plan, files(folder), 5), run(plan, alone("attention_mask")));
  }

  private static Dataset files(Path folder) {
    List<String> files = new ArrayList<>();
    for (SampleBatch sample : alone("attention_mask")) {
      Path file = folder.resolve("%02d.npz".formatted(files.size()));
      files.add(NpyFiles.write(file, sample.inputs()).toString());
    }
    return Dataset.open(
        files,
        Datasets.ports(network("attention_mask").model()),
        Normalization.NONE,
        ImageSpec.DEFAULT,
        "attention_mask");
  }

  private static QuantizedNetwork grouped(Plan plan, Dataset data, int batch) throws Exception {
    CalibrationRequest request = Runs.request(network("attention_mask"), plan, List.of());
    return Runs.run(Runs.withSource(request, Sources.batches(data, batch, Dataset.ALL))).network();
  }

  @Test
  void paddingIsCounted() throws Exception {
    QuantizedNetwork network =
        run(plan(Plan.Schedule.PARALLEL, RoundingMethod.NEAREST), padded("attention_mask", 8));
    long kept = sequences().stream().mapToLong(s -> s.length / CHANNELS).sum();
    long all = (long) SEQUENCES * LONGEST;
    assertThat(network.padding()).isEqualTo(new Padding(all, all - kept));
    assertThat(network.reference()).allSatisfy(batch -> assertThat(batch.mask()).isNotNull());
  }

  @Test
  void aMaskOfAnotherNameIsNamed() throws Exception {
    Plan plan = plan(Plan.Schedule.PARALLEL, RoundingMethod.NEAREST);
    CalibrationRequest request = Runs.request(network("m"), plan, padded("m", 8));
    float unnoticed = Runs.run(request).network().activations().get("x").scales()[0];
    float named =
        Runs.run(request.toBuilder().mask("m").build())
            .network()
            .activations()
            .get("x")
            .scales()[0];
    assertThat(unnoticed).isGreaterThan(50 * named);
  }

  @Test
  void aMaskThatIsNoneIsRefused() {
    CalibrationRequest.Builder builder =
        Runs.request(network("m"), Plan.DEFAULT, padded("m", 8)).toBuilder();
    assertThatThrownBy(() -> builder.mask("attention_mask").build())
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("mask attention_mask: the model has no such input, only x, m");
    assertThatThrownBy(() -> builder.mask("x").build())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected the shape [batch, sequence]");
  }
}
