package io.halfstep.rounding;

import static java.util.Objects.requireNonNull;

import io.halfstep.quantizer.Encoding;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Scales and zero points by what L becomes under them <em>after</em> rounding: first some about
 * those that the ranges gave, then, in turn, the best scale for the levels and levels for the
 * scale. That scale has a closed form: for the levels {@code u} of a row, L is a parabola in {@code
 * s}, least at {@code s = w C uᵀ / u Ĝ uᵀ}; in the scales of blocks it is a {@link ScaleParabola}.
 * What shares a scale, a row with its blocks or the whole tensor, takes others only where L falls,
 * summed over its rows.
 *
 * <p>ResNet-14 at 2 bits, asymmetric, weights only: mean L/L(nearest) 0.221 and 91.88 % of
 * accuracy, against 0.259 and 91.60 % with the scales kept.
 *
 * <p>Each trial rounds all rows: a narrow beam, then descent.
 */
final class ScaleSearch {
  private static final double[] FACTORS = {0.7, 0.8, 0.9, 1.1, 1.25};
  private static final int[] ZERO_SHIFTS = {-1, 1};
  private static final int ALTERNATIONS = 4;
  private static final int BEAM = 4;
  // of what the ranges gave: further off, a trial's rounding is not to be trusted
  private static final double LEAST_FACTOR = 0.4;
  private static final double MOST_FACTOR = 2.5;

  private final RoundingProblem problem;
  private final List<Metric> metrics;
  private final Progress progress;
  private final Encoding given;
  // [channels, blocks], as all scales here
  private final float[] givenScales;
  private final int[] givenZeros;
  private final float[] leastScales;
  private Encoding encoding;
  private float[] scales;
  private int[] zeros;
  // of each row on that encoding
  private final int[][] levels;
  private final double[] losses;

  ScaleSearch(RoundingProblem problem, List<Metric> metrics, Progress progress) {
    this.problem = problem;
    this.metrics = metrics;
    this.progress = progress;
    given = problem.encoding();
    givenScales = given.scales();
    givenZeros = given.zeroPoints();
    encoding = given;
    scales = givenScales;
    zeros = givenZeros;
    leastScales = new float[givenScales.length];
    float[] ofRows = requireNonNull(problem.scaleBounds(), "scales are kept").least();
    for (int row = 0; row < problem.out(); row++) {
      for (int i = first(row); i < first(row) + given.blocks(); i++) {
        leastScales[i] = Math.max(leastScales[i], Math.max(Float.MIN_NORMAL, ofRows[row]));
      }
    }
    levels = new int[problem.out()][];
    losses = new double[problem.out()];
  }

  /** How often {@link #run} rounds all rows. */
  static int trials(Encoding given) {
    int shifts = given.symmetric() ? 0 : ZERO_SHIFTS.length;
    return 1 + FACTORS.length + shifts + ALTERNATIONS;
  }

  void run() {
    eachRow(row -> round(row, given, null, levels, losses));
    for (double factor : FACTORS) {
      attempt(i -> givenScales[i] * factor, i -> givenZeros[i]);
    }
    if (!given.symmetric()) {
      for (int shift : ZERO_SHIFTS) {
        attempt(i -> scales[i], i -> given.grid().clamp(givenZeros[i] + shift));
      }
    }
    for (int i = 0; i < ALTERNATIONS; i++) {
      double[] best = bestScales();
      attempt(j -> best[j], j -> zeros[j]);
    }
  }

  /** The place of a row's first scale. */
  private int first(int row) {
    return given.channels() == 1 ? 0 : row * given.blocks();
  }

  /** The encoding that was chosen. */
  Encoding encoding() {
    return encoding;
  }

  /** Levels of each row on {@link #encoding}. */
  int[][] levels() {
    return levels;
  }

  /** Tries scales and zero points; they stay in those channels where L falls. */
  private void attempt(IntToDoubleFunction triedScale, IntUnaryOperator triedZero) {
    float[] triedScales = new float[givenScales.length];
    int[] triedZeros = new int[givenScales.length];
    for (int i = 0; i < triedScales.length; i++) {
      triedScales[i] =
          (float) Math.max(lowest(i), Math.min(highest(i), triedScale.applyAsDouble(i)));
      triedZeros[i] = triedZero.applyAsInt(i);
    }
    Encoding tried = given.with(triedScales, triedZeros);
    int[][] triedLevels = new int[problem.out()][];
    double[] triedLosses = new double[problem.out()];
    eachRow(
        row -> {
          if (isAsIs(row, triedScales, triedZeros)) {
            triedLevels[row] = levels[row];
            triedLosses[row] = losses[row];
          } else {
            round(row, tried, levels[row], triedLevels, triedLosses);
          }
        });
    int channels = given.channels();
    int blocks = given.blocks();
    for (int c = 0; c < channels; c++) {
      int from = channels == 1 ? 0 : c;
      int to = channels == 1 ? problem.out() : c + 1;
      if (sum(triedLosses, from, to) < sum(losses, from, to)) {
        System.arraycopy(triedLevels, from, levels, from, to - from);
        System.arraycopy(triedLosses, from, losses, from, to - from);
      } else {
        System.arraycopy(scales, c * blocks, triedScales, c * blocks, blocks);
        System.arraycopy(zeros, c * blocks, triedZeros, c * blocks, blocks);
      }
    }
    scales = triedScales;
    zeros = triedZeros;
    encoding = given.with(scales, zeros);
  }

  private boolean isAsIs(int row, float[] triedScales, int[] triedZeros) {
    int from = first(row);
    int to = from + given.blocks();
    return Arrays.equals(triedScales, from, to, scales, from, to)
        && Arrays.equals(triedZeros, from, to, zeros, from, to);
  }

  private static double sum(double[] values, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += values[i];
    }
    return sum;
  }

  private double lowest(int i) {
    return Math.max(LEAST_FACTOR * givenScales[i], leastScales[i]);
  }

  private double highest(int i) {
    return Math.max(MOST_FACTOR * givenScales[i], leastScales[i]);
  }

  private void eachRow(IntConsumer step) {
    IntStream.range(0, problem.out())
        .parallel()
        .forEach(
            row -> {
              step.accept(row);
              progress.step();
            });
  }

  private void round(
      int row, Encoding on, int @Nullable [] known, int[][] toLevels, double[] toLosses) {
    RowProblem posed = new RowProblem(problem, row, on, problem.reach());
    toLevels[row] = posed.nearest;
    toLosses[row] = posed.loss(posed.nearest);
    Triangle triangle = metrics.get(row / problem.rowsPerGroup()).damped();
    if (triangle != null) {
      RowBlock alone = new RowBlock(new RowProblem[] {posed}, null);
      int[] start = alone.round(triangle, null, BEAM, progress)[0];
      keepBetter(row, new Search(posed, start), toLevels, toLosses);
    }
    if (known != null) {
      int[] start = new int[posed.k];
      for (int j = 0; j < start.length; j++) {
        start[j] = posed.clamp(j, known[j]);
      }
      keepBetter(row, new Search(posed, start), toLevels, toLosses);
    }
  }

  private static void keepBetter(int row, Search search, int[][] levels, double[] losses) {
    search.descend();
    if (search.loss() < losses[row]) {
      levels[row] = search.levels();
      losses[row] = search.loss();
    }
  }

  /** The best scales for the levels that the rows have. */
  private double[] bestScales() {
    int blocks = given.blocks();
    ScaleParabola[] ofRows = new ScaleParabola[problem.out()];
    IntStream.range(0, problem.out())
        .parallel()
        .forEach(
            row -> {
              progress.check();
              RowProblem posed = new RowProblem(problem, row, encoding, problem.reach());
              int size = given.isBlocked() ? given.granularity().blockSize() : posed.k;
              ofRows[row] = ScaleParabola.of(posed, levels[row], blocks, size);
            });
    for (int row = 1; given.channels() == 1 && row < ofRows.length; row++) {
      ofRows[0].add(ofRows[row]);
    }
    double[] best = new double[scales.length];
    for (int c = 0; c < given.channels(); c++) {
      int first = c * blocks;
      double[] from = IntStream.range(first, first + blocks).mapToDouble(i -> scales[i]).toArray();
      double[] low = IntStream.range(first, first + blocks).mapToDouble(this::lowest).toArray();
      double[] high = IntStream.range(first, first + blocks).mapToDouble(this::highest).toArray();
      System.arraycopy(ofRows[c].least(from, low, high), 0, best, first, blocks);
    }
    return best;
  }
}
