package io.halfstep.rounding;

import io.halfstep.quantizer.Encoding;
import io.halfstep.statistics.Moments;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a solver gets: find integers {@code [out, K]} on the encoding's grid, and where allowed
 * scales and zero points, that minimise the sum over rows of {@link Moments}' {@code L}.
 *
 * @param weights the layer's weight {@code [out, K]}, real
 * @param out the number of rows
 * @param k the length of a row
 * @param encoding one scale, or one per row
 * @param moments one per group; row {@code r} belongs to group {@code r / (out/groups)}
 * @param seed fixes every random choice
 * @param samples stored samples of the layer's input, for the solver that wants them
 * @param scaleBounds of the encoding that a solver may choose in this one's place; null where it
 *     stays as it is
 */
public record RoundingProblem(
    float[] weights,
    int out,
    int k,
    Encoding encoding,
    List<Moments> moments,
    long seed,
    @Nullable LayerSamples samples,
    @Nullable ScaleBounds scaleBounds) {

  /**
   * Checks that the parts fit together.
   *
   * @throws IllegalArgumentException if they don't
   */
  public RoundingProblem {
    if (weights.length != out * k
        || moments.isEmpty()
        || out % moments.size() != 0
        || moments.stream().anyMatch(m -> m.k() != k)
        || (encoding.channels() != 1 && encoding.channels() != out)
        || (scaleBounds != null && scaleBounds.least().length != out)) {
      throw new IllegalArgumentException(
          "%d weights, %d rows of %d, %d scales, %d groups"
              .formatted(weights.length, out, k, encoding.channels(), moments.size()));
    }
  }

  /** A problem that is all in its moments. */
  public RoundingProblem(
      float[] weights, int out, int k, Encoding encoding, List<Moments> moments, long seed) {
    this(weights, out, k, encoding, moments, seed, null, null);
  }

  /** The same problem on another encoding, which stays as it is. */
  RoundingProblem on(Encoding other) {
    return new RoundingProblem(weights, out, k, other, moments, seed, samples, null);
  }

  /** The rows of one group. */
  int rowsPerGroup() {
    return out / moments.size();
  }
}
