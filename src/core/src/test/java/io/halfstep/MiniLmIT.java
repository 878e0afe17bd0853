package io.halfstep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.halfstep.graph.Blocks;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.plan.DataSettings;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import io.halfstep.quantizer.Granularity;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.source.BatchReader;
import io.halfstep.source.Dataset;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * MiniLM, a sentence encoder of six transformer blocks: three int64 inputs, sentences of any
 * length.
 */
class MiniLmIT {
  private static final int SENTENCES = 8;

  @TempDir static Path folder;
  private static Path model;

  @BeforeAll
  static void unpack() throws IOException {
    model = SentenceEncoder.MINI_LM.unpack(folder);
    List<long[]> sentences =
        SentenceEncoder.MINI_LM
            .tokens(Stream.of(Files.readString(Path.of("LICENSE")).split("[.;:]\\s")))
            .subList(0, SENTENCES);
    assertThat(sentences.stream().map(ids -> ids.length).distinct()).hasSizeGreaterThan(4);
    SentenceEncoder.write(sentences, folder.resolve("sentences"));
  }

  @Test
  void quantizesEveryLayer() throws Exception {
    Plan plan = Plan.DEFAULT.toBuilder().weightBits(8).rounding(RoundingMethod.NEAREST).build();
    Quantization quantization = quantization(plan);
    assertThat(quantization.graph().layers())
        .hasSize(37)
        .filteredOn(layer -> layer.op().equals("MatMul"))
        .hasSize(36);
    assertThat(quantization.graph().floatNodes())
        .filteredOn(node -> node.op().equals("MatMul"))
        .hasSize(12)
        .allSatisfy(node -> assertThat(node.reason()).contains("run time"));

    QuantizedModel quantized = quantization.run();

    assertThat(quantized.network().layers()).hasSize(37);
    assertThat(decibels(quantized)).isGreaterThan(12);
  }

  /** The embeddings, which the first attention adds, depend on no layer: it can be cut. */
  @Test
  void itsBlocksAreHalvesOfTransformerBlocks() {
    assertThat(Blocks.of(quantization(Plan.DEFAULT).graph()))
        .extracting(block -> block.layers().size())
        .containsExactly(0, 3, 1, 2, 4, 2, 4, 2, 4, 2, 4, 2, 4, 2, 1);
  }

  /** Alone, each sentence has its own length; together, they are padded. */
  @Test
  void sentencesLearnTheSameTogether() throws Exception {
    Plan plan = Plan.DEFAULT.toBuilder().rounding(RoundingMethod.NEAREST).build();
    QuantizedNetwork alone =
        quantization(plan).data(DataSettings.NONE.withBatch(1)).run().network();
    QuantizedNetwork together =
        quantization(plan).data(DataSettings.NONE.withBatch(SENTENCES)).run().network();
    assertThat(alone.padding().leftOut()).isZero();
    assertThat(together.padding().leftOut()).isPositive();
    alone
        .activations()
        .forEach(
            (tensor, encoding) ->
                assertThat(together.activations().get(tensor).scales()[0])
                    .as(tensor)
                    .isCloseTo(encoding.scales()[0], withinPercentage(0.1)));
    for (int i = 0; i < alone.layers().size(); i++) {
      assertThat(together.layers().get(i).nearestLoss())
          .as(alone.layers().get(i).name())
          .isCloseTo(alone.layers().get(i).nearestLoss(), withinPercentage(2));
    }
  }

  @Test
  void learnsTheRoundingOfTheAttention() throws Exception {
    assertThat(decibels(attention(RoundingMethod.LATTICE, Granularity.CHANNEL)))
        .isGreaterThan(decibels(attention(RoundingMethod.NEAREST, Granularity.CHANNEL)) + 6);
  }

  @Test
  void blocksLowerTheError() throws Exception {
    QuantizedModel blocks = attention(RoundingMethod.NEAREST, Granularity.block(32));
    assertThat(blocks.network().layers())
        .hasSize(4)
        .allSatisfy(
            layer ->
                assertThat(layer.weight().encoding().granularity())
                    .isEqualTo(Granularity.block(32)));
    double nearest = decibels(blocks);
    assertThat(nearest)
        .isGreaterThan(decibels(attention(RoundingMethod.NEAREST, Granularity.CHANNEL)) + 1);
    assertThat(decibels(attention(RoundingMethod.LATTICE, Granularity.block(32))))
        .isGreaterThan(nearest + 6);
  }

  /** The first block's attention at 4 bits, everything else in float. */
  private static QuantizedModel attention(RoundingMethod rounding, Granularity granularity)
      throws Exception {
    return quantization(
            Plan.DEFAULT.toBuilder()
                .activationBits(0)
                .granularity(granularity)
                .rounding(rounding)
                .override(LayerOverride.of("*").skip(true))
                .override(LayerOverride.of("/encoder/layer.0/attention/*").skip(false))
                .build())
        .run();
  }

  private static Quantization quantization(Plan plan) {
    return Quantization.of(model).data(folder.resolve("sentences").toString()).plan(plan);
  }

  /** The SQNR of the tokens' embeddings in ONNX Runtime, as the run itself measured it. */
  private static double decibels(QuantizedModel quantized) {
    Path file = folder.resolve("quantized.onnx");
    quantized.write(file);
    Dataset sentences = quantization(Plan.DEFAULT).open();
    double signal = 0;
    double noise = 0;
    // beyond that, ONNX Runtime rounds the input of a product with 4-bit blocks to 8 bits
    Options asWritten = new Options(1, Optimization.BASIC);
    try (OnnxProgram teacher = OnnxProgram.load(model, Options.DEFAULT);
        OnnxProgram student = OnnxProgram.load(file, asWritten);
        BatchReader reader = sentences.batches(1, Dataset.ALL)) {
      String output = teacher.outputNames().get(0);
      for (SampleBatch b = reader.next(); b != null; b = reader.next()) {
        float[] y = teacher.run(b.inputs(), output).floats();
        float[] yHat = student.run(b.inputs(), output).floats();
        for (int i = 0; i < y.length; i++) {
          signal += (double) y[i] * y[i];
          noise += ((double) y[i] - yHat[i]) * (y[i] - yHat[i]);
        }
      }
      double decibels = 10 * Math.log10(signal / noise);
      assertThat(quantized.network().outputSqnrDb().get(output)).isCloseTo(decibels, within(0.3));
      return decibels;
    }
  }
}
