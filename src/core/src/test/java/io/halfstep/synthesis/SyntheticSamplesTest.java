package io.halfstep.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.calibration.Datasets;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.Model;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.source.Normalization;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class SyntheticSamplesTest {
  private static OnnxGraphs network(OnnxGraphs input) {
    return input
        .weight("aw", 6, 3, 3, 3)
        .node("Conv", "a", List.of("x", "aw"))
        .batchNorm("an", "a", 6)
        .node("Relu", "ar", List.of("an"))
        .weight("bw", 4, 6, 1, 1)
        .node("Conv", "b", List.of("ar", "bw"))
        .batchNorm("bn", "b", 4)
        .node("Det", "behind", List.of("bn")) // has no gradient, and needs none
        .output("behind");
  }

  private static final OnnxGraphs NETWORK = network(OnnxGraphs.opset(17).input("x", -1, 3, 6, 6));

  private static SyntheticSamples samples(OnnxGraphs graph, String... normalization) {
    Model model = graph.model();
    return new SyntheticSamples(
        model.folded(), Datasets.ports(model), Normalization.parse(normalization));
  }

  private static Tensor make(int count, long seed, int threads) throws InterruptedException {
    return samples(NETWORK).make(count, seed, threads, share -> {});
  }

  @Test
  void theyDependOnTheSeedAloneAndEachBatchOnItsNumber() throws Exception {
    Tensor samples = make(70, 3, 1);
    assertThat(samples.shape()).containsExactly(70, 3, 6, 6);
    assertThat(make(70, 3, 2).floats()).isEqualTo(samples.floats());
    assertThat(make(32, 3, 2).floats()).isEqualTo(samples.rows(0, 32).floats());
    assertThat(make(32, 4, 1).floats()).isNotEqualTo(samples.rows(0, 32).floats());
    assertThat(samples.rows(32, 64).floats()).isNotEqualTo(samples.rows(0, 32).floats());
  }

  @Test
  void imagesStayInTheirRangeAndAreNormalized() throws Exception {
    Tensor samples =
        samples(NETWORK, "mean=0.5/0.4/0.25,std=0.25/0.25/0.5").make(32, 0, 1, share -> {});
    float[][] ranges = {{-2, 2}, {-1.6f, 2.4f}, {-0.5f, 1.5f}};
    for (int channel = 0; channel < 3; channel++) {
      for (float value : samples.slice(1, channel).floats()) {
        assertThat(value).isBetween(ranges[channel][0], ranges[channel][1]);
      }
    }
  }

  @Test
  void aFixedBatchSizeIsKept() throws Exception {
    OnnxGraphs fixed = network(OnnxGraphs.opset(17).input("x", 4, 3, 6, 6));
    assertThat(samples(fixed).make(10, 0, 2, share -> {}).shape()).containsExactly(10, 3, 6, 6);
  }

  @Test
  void progressRisesToOne() throws Exception {
    List<Double> shares = new CopyOnWriteArrayList<>();
    samples(NETWORK).make(64, 0, 1, shares::add);
    assertThat(shares).isSorted().doesNotHaveDuplicates().endsWith(1.0);
  }

  @Test
  void anInterruptEndsTheWork() {
    int open = OnnxProgram.open();
    Thread caller = Thread.currentThread();
    List<Double> shares = new ArrayList<>();
    assertThatThrownBy(
            () ->
                samples(NETWORK)
                    .make(
                        3200,
                        0,
                        1,
                        share -> {
                          if (shares.isEmpty()) {
                            caller.interrupt();
                          }
                          shares.add(share);
                        }))
        .isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
    assertThat(shares).doesNotContain(1.0);
    assertThat(OnnxProgram.open()).isEqualTo(open);
  }

  private static void assertRefused(OnnxGraphs graph, String why) {
    assertThatThrownBy(() -> samples(graph).make(1, 0, 1, share -> {}))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "hand-built.onnx: samples can't be synthesized: %s; name files of real ones as data, or leave them out",
            why);
  }

  @Test
  void whatCannotBeUsedIsRefused() {
    assertRefused(
        OnnxGraphs.opset(17)
            .input("x", -1, 4)
            .weight("w", 4, 2)
            .node("MatMul", "y", List.of("x", "w"))
            .output("y"),
        "no batch norm behind a layer tells the statistics of its data");
    assertRefused(
        network(OnnxGraphs.opset(17).input("x", -1, 3, 6, 6).input("unused", -1, 2)),
        "it has 2 inputs, expected one");
    assertRefused(
        network(OnnxGraphs.opset(17).input("x", -1, 3, -1, 6)),
        "input x FLOAT[?, 3, ?, 6], expected known sizes of a sample (python -m"
            + " onnxruntime.tools.make_dynamic_shape_fixed sets them)");
    assertRefused(
        OnnxGraphs.opset(17)
            .input("i", ElementType.UINT8, -1, 3, 6, 6)
            .node("Cast", "x", List.of("i"), OnnxGraphs.integer("to", ElementType.FLOAT.onnx()))
            .weight("w", 4, 3, 1, 1)
            .node("Conv", "a", List.of("x", "w"))
            .batchNorm("y", "a", 4)
            .output("y"),
        "input i UINT8[?, 3, 6, 6], expected type FLOAT");
    assertRefused(
        OnnxGraphs.opset(17)
            .input("x", -1, 3, 6, 6)
            .node("Sinh", "s", List.of("x"))
            .weight("w", 4, 3, 1, 1)
            .node("Conv", "a", List.of("s", "w"))
            .batchNorm("y", "a", 4)
            .output("y"),
        "node 's': Sinh has no gradient");
  }
}
