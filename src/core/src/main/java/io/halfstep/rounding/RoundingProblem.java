package io.halfstep.rounding;

import io.halfstep.quantizer.Encoding;
import io.halfstep.statistics.Moments;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a solver gets: find integers {@code [out, K]} on the encoding's grid, and where allowed
 * scales and zero points, that minimise the sum over rows of {@link Moments}' {@code L}.
 *
 * @param weights the layer's weight {@code [out, K]}, real
 * @param out the number of rows
 * @param k the length of a row
 * @param encoding one scale, or one per row, or per row and block
 * @param moments one per group; row {@code r} belongs to group {@code r / (out/groups)}; where rows
 *     are cut into pieces, one per group and piece, group by group
 * @param seed fixes every random choice
 * @param samples stored samples of the layer's input, for the solvers that want them
 * @param scaleBounds of the encoding that a solver may choose in this one's place; null where it
 *     stays as it is
 * @param reach where the lattice solver may move a weight
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
    Reach reach) {

  /**
   * Checks that the parts fit together.
   *
   * @throws IllegalArgumentException if they don't
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

  /** A problem that is all in its moments; weights may go anywhere. */
  public RoundingProblem(
      float[] weights, int out, int k, Encoding encoding, List<Moments> moments, long seed) {
    this(weights, out, k, encoding, moments, seed, null, null, Reach.GRID);
  }

  /** The same problem on another encoding, which stays as it is. */
  RoundingProblem on(Encoding other) {
    return new RoundingProblem(weights, out, k, other, moments, seed, samples, null, reach);
  }

  /** How many of the first moments make up a row; 0 if none do. */
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

  /** Into how many pieces the rows are cut. */
  int pieces() {
    return pieces(moments, k);
  }

  /** The problem of one piece of each row, without samples. */
  RoundingProblem piece(int p) {
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
    return new RoundingProblem(piece, out, size, ofPiece, own, seed + p, null, null, reach);
  }

  /** The rows of one group. */
  int rowsPerGroup() {
    return out / (moments.size() / pieces());
  }
}
