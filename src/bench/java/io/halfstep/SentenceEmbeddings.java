package io.halfstep;

import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The embeddings of sentences: the mean over a sentence's tokens, scaled to length 1.
 *
 * @param vectors {@code [sentences, channels]}
 */
record SentenceEmbeddings(float[][] vectors) {
  private static final List<String> INPUTS =
      List.of("input_ids", "attention_mask", "token_type_ids");

  static SentenceEmbeddings of(Path model, List<long[]> sentences) {
    try (OnnxProgram program = OnnxProgram.load(model, Options.DEFAULT)) {
      return of(program, sentences);
    }
  }

  /** Runs sentence after sentence. */
  static SentenceEmbeddings of(OnnxProgram program, List<long[]> sentences) {
    float[][] vectors = new float[sentences.size()][];
    String output = program.outputNames().get(0);
    for (int i = 0; i < vectors.length; i++) {
      List<Tensor> tensors = SentenceEncoder.inputs(sentences.get(i));
      Map<String, Tensor> inputs = new LinkedHashMap<>();
      IntStream.range(0, INPUTS.size()).forEach(j -> inputs.put(INPUTS.get(j), tensors.get(j)));
      vectors[i] = mean(program.run(inputs, output));
    }
    return new SentenceEmbeddings(vectors);
  }

  private static float[] mean(Tensor tokens) {
    float[] values = tokens.floats();
    float[] sum = new float[Math.toIntExact(tokens.dim(-1))];
    for (int i = 0; i < values.length; i++) {
      sum[i % sum.length] += values[i];
    }
    double length = Math.sqrt(dot(sum, sum));
    for (int i = 0; i < sum.length; i++) {
      sum[i] /= (float) length;
    }
    return sum;
  }

  /** Returns the mean cosine between the embeddings of a sentence. */
  double cosine(SentenceEmbeddings other) {
    return IntStream.range(0, vectors.length)
        .mapToDouble(i -> dot(vectors[i], other.vectors[i]))
        .average()
        .orElse(Double.NaN);
  }

  /** Returns the share of sentences whose nearest neighbour is the same. */
  double sameNeighbours(SentenceEmbeddings other) {
    return IntStream.range(0, vectors.length)
        .mapToDouble(i -> nearest(i) == other.nearest(i) ? 1 : 0)
        .average()
        .orElse(Double.NaN);
  }

  private int nearest(int of) {
    int nearest = -1;
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < vectors.length; i++) {
      double cosine = i == of ? Double.NEGATIVE_INFINITY : dot(vectors[of], vectors[i]);
      if (cosine > most) {
        most = cosine;
        nearest = i;
      }
    }
    return nearest;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
