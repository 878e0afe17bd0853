package io.halfstep;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.tensor.ElementType;
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

/**
 * A sentence encoder with BERT's vocabulary, and sentences for it, reduced to the words that are
 * tokens.
 *
 * @param name of the model's file within its Maven artifact
 */
record SentenceEncoder(String name) {
  static final SentenceEncoder MINI_LM = new SentenceEncoder("all-minilm-l6-v2");

  private static final int MOST_TOKENS = 40;
  private static final int FEWEST_TOKENS = 6;

  /** Writes the model to a folder. */
  Path unpack(Path folder) throws IOException {
    Path model = folder.resolve("model.onnx");
    try (InputStream resource = resource(name + ".onnx")) {
      Files.copy(resource, model);
    }
    return model;
  }

  /** The tokens of the sentences that are long enough. */
  List<long[]> tokens(Stream<String> sentences) throws IOException {
    JsonNode vocabulary;
    try (InputStream resource = resource(name + "-tokenizer.json")) {
      vocabulary = new ObjectMapper().readTree(resource).at("/model/vocab");
    }
    return sentences
        .map(sentence -> tokens(sentence.toLowerCase(Locale.ROOT), vocabulary))
        .filter(ids -> ids.length >= FEWEST_TOKENS)
        .toList();
  }

  private static long[] tokens(String sentence, JsonNode vocabulary) {
    List<Long> ids = new ArrayList<>(List.of(vocabulary.get("[CLS]").asLong()));
    for (String word : Pattern.compile("\\W+").split(sentence, -1)) {
      if (vocabulary.has(word)) {
        ids.add(vocabulary.get(word).asLong());
      }
    }
    ids.add(vocabulary.get("[SEP]").asLong());
    return ids.stream().mapToLong(Long::longValue).limit(MOST_TOKENS).toArray();
  }

  /** Token ids, attention mask, token types: a sentence's inputs, in the model's order. */
  static List<Tensor> inputs(long[] ids) {
    long[] ones = new long[ids.length];
    Arrays.fill(ones, 1);
    return Stream.of(ids, ones, new long[ids.length])
        .map(values -> Tensor.of(ElementType.INT64, values, 1, values.length))
        .toList();
  }

  /** Writes sentences as ONNX test data. */
  static void write(List<long[]> sentences, Path folder) throws IOException {
    for (int i = 0; i < sentences.size(); i++) {
      Path sample = Files.createDirectories(folder.resolve("test_data_set_" + i));
      List<Tensor> inputs = inputs(sentences.get(i));
      for (int j = 0; j < inputs.size(); j++) {
        Files.write(
            sample.resolve("input_" + j + ".pb"),
            TensorProtos.encode("", inputs.get(j)).toByteArray());
      }
    }
  }

  private static InputStream resource(String file) {
    return Objects.requireNonNull(SentenceEncoder.class.getResourceAsStream("/" + file), file);
  }
}
