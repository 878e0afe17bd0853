package io.halfstep.rounding;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.PairBound;
import io.halfstep.statistics.Moments;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The rounding problem of one layer: find integers {@code [out, K]} on the encoding's grid that
 * minimise the sum over rows of {@code L} ({@link Moments}). With {@code scaleBounds}, scales and
 * zero points may be chosen too.
 *
 * @param weights the layer's weight {@code [out, K]}, real
 * @param out the number of rows
 * @param k the length of a row
 * @param encoding one scale for all rows, one per row, or one per row and block
 * @param moments one per group; row {@code r} belongs to group {@code r / (out/groups)}. If rows
 *     are cut into pieces: one per group and piece, group by group
 * @param seed fixes every random choice
 * @param samples stored samples of the layer's input; null if the solver needs none
 * @param scaleBounds bounds for scales that the solver may choose; null if it must keep the
 *     encoding
 * @param reach the levels that the lattice solver may round a weight to
 * @param keepsZeros whether a weight that is 0 must stay 0
 * @param pairs limits of the integers of pairs; null if there are none
 */
public record RoundingProblem(
    float[] weights,
    int out,
    int k,
    Encoding encoding,
    List<Moments> moments,
    long seed,
    @Nullable LayerSamples samples,
    @Nullable ScaleBounds scaleBounds,
    Reach reach,
    boolean keepsZeros,
    @Nullable PairBound pairs) {

  /**
   * Checks that the parts fit together.
   *
   * @throws IllegalArgumentException if they do not
   */
  public RoundingProblem {
    int pieces = pieces(moments, k);
    if (weights.length != out * k
        || pieces == 0
        || moments.size() % pieces != 0
        || out % (moments.size() / pieces) != 0
        || IntStream.range(0, moments.size())
            .anyMatch(i -> moments.get(i).k() != moments.get(i % pieces).k())
        || !encoding.fits(out, k)
        || (scaleBounds != null && scaleBounds.least().length != out)) {
      throw new IllegalArgumentException(
          "%d weights, %d rows of %d, %s, %d groups"
              .formatted(weights.length, out, k, encoding, moments.size()));
    }
  }

  /** Creates a problem without pairs. */
  public RoundingProblem(
      float[] weights,
      int out,
      int k,
      Encoding encoding,
      List<Moments> moments,
      long seed,
      @Nullable LayerSamples samples,
      @Nullable ScaleBounds scaleBounds,
      Reach reach,
      boolean keepsZeros) {
    this(weights, out, k, encoding, moments, seed, samples, scaleBounds, reach, keepsZeros, null);
  }

  /** Creates a problem without samples and scale bounds, whose weights may take any level. */
  public RoundingProblem(
      float[] weights, int out, int k, Encoding encoding, List<Moments> moments, long seed) {
    this(weights, out, k, encoding, moments, seed, null, null, Reach.GRID, false, null);
  }

  /** Returns the same problem on another encoding, which the solver must keep. */
  public RoundingProblem on(Encoding other) {
    return new RoundingProblem(
        weights, out, k, other, moments, seed, samples, null, reach, keepsZeros, pairs);
  }

  /** Returns how many of the first moments add up to a row; 0 if no number of them does. */
  private static int pieces(List<Moments> moments, int k) {
    int covered = 0;
    for (int p = 0; p < moments.size(); p++) {
      covered += moments.get(p).k();
      if (covered >= k) {
        return covered == k ? p + 1 : 0;
      }
    }
    return 0;
  }

  /** Returns the number of pieces that each row is cut into. */
  public int pieces() {
    return pieces(moments, k);
  }

  /** Returns the problem that one piece of each row poses, without samples. */
  public RoundingProblem piece(int p) {
    int pieces = pieces();
    int from = moments.subList(0, p).stream().mapToInt(Moments::k).sum();
    int size = moments.get(p).k();
    float[] piece = new float[out * size];
    for (int r = 0; r < out; r++) {
      System.arraycopy(weights, r * k + from, piece, r * size, size);
    }
    List<Moments> own =
        IntStream.range(0, moments.size())
            .filter(i -> i % pieces == p)
            .mapToObj(moments::get)
            .toList();
    Encoding ofPiece = encoding.slice(from, from + size);
    return new RoundingProblem(
        piece,
        out,
        size,
        ofPiece,
        own,
        seed + p,
        null,
        null,
        reach,
        keepsZeros,
        pairs == null ? null : pairs.columns(k, from, from + size));
  }

  /** Returns the number of rows in one group. */
  public int rowsPerGroup() {
    return out / (moments.size() / pieces());
  }
}
