package io.halfstep.rounding;

import static java.util.Objects.requireNonNull;

import io.halfstep.quantizer.Encoding;
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
 * s},
 *
 * <pre>  L(s u − w) = s² u Ĝ uᵀ − 2 s (w Ĝ − E[(w δ) x̂ᵀ]) uᵀ + const </pre>
 *
 * (with {@code Ĝ − E[δ x̂ᵀ] = C}: {@code s = w C uᵀ / u Ĝ uᵀ}). What shares a scale, a row or the
 * whole tensor, takes another only where L falls, summed over its rows.
 *
 * <p>ResNet-14 at 2 bits, asymmetric, weights only: mean L/L(nearest) 0.232 and 91.77 % of
 * accuracy, against 0.264 and 91.46 % with the scales kept.
 *
 * <p>Each trial rounds all rows: the nearest plane, then descent.
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
  // the least that each channel's scale may be
  private final float[] leastScales;
  private Encoding encoding;
  // of each row on that encoding
  private final int[][] levels;
  private final double[] losses;

  ScaleSearch(RoundingProblem problem, List<Metric> metrics, Progress progress) {
    this.problem = problem;
    this.metrics = metrics;
    this.progress = progress;
    given = problem.encoding();
    encoding = given;
    leastScales = new float[given.channels()];
    float[] ofRows = requireNonNull(problem.scaleBounds(), "scales are kept").least();
    for (int row = 0; row < problem.out(); row++) {
      int c = given.channels() == 1 ? 0 : row;
      leastScales[c] = Math.max(leastScales[c], Math.max(Float.MIN_NORMAL, ofRows[row]));
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
      attempt(c -> given.scale(c) * factor, c -> given.zeroPoint(c));
    }
    if (!given.symmetric()) {
      for (int shift : ZERO_SHIFTS) {
        attempt(encoding::scale, c -> given.grid().clamp(given.zeroPoint(c) + shift));
      }
    }
    for (int i = 0; i < ALTERNATIONS; i++) {
      attempt(bestScales(), encoding::zeroPoint);
    }
  }

  /** The encoding that was chosen. */
  Encoding encoding() {
    return encoding;
  }

  /** Levels of each row on {@link #encoding}. */
  int[][] levels() {
    return levels;
  }

  /** Tries scales and zero points by channel; they stay in those channels where L falls. */
  private void attempt(IntToDoubleFunction triedScale, IntUnaryOperator triedZero) {
    int channels = given.channels();
    float[] scales = new float[channels];
    int[] zeros = new int[channels];
    for (int c = 0; c < channels; c++) {
      scales[c] = within(triedScale.applyAsDouble(c), c);
      zeros[c] = triedZero.applyAsInt(c);
    }
    Encoding tried = Encoding.perChannel(given.grid(), scales, zeros);
    int[][] triedLevels = new int[problem.out()][];
    double[] triedLosses = new double[problem.out()];
    eachRow(row -> round(row, tried, levels[row], triedLevels, triedLosses));
    for (int c = 0; c < channels; c++) {
      int from = channels == 1 ? 0 : c;
      int to = channels == 1 ? problem.out() : c + 1;
      if (sum(triedLosses, from, to) < sum(losses, from, to)) {
        System.arraycopy(triedLevels, from, levels, from, to - from);
        System.arraycopy(triedLosses, from, losses, from, to - from);
      } else {
        scales[c] = encoding.scale(c);
        zeros[c] = encoding.zeroPoint(c);
      }
    }
    encoding = Encoding.perChannel(given.grid(), scales, zeros);
  }

  private static double sum(double[] values, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += values[i];
    }
    return sum;
  }

  private float within(double scale, int channel) {
    double range = given.scale(channel);
    double near = Math.max(LEAST_FACTOR * range, Math.min(MOST_FACTOR * range, scale));
    return Math.max((float) near, leastScales[channel]);
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
    boolean same =
        known != null
            && on.scale(row) == encoding.scale(row)
            && on.zeroPoint(row) == encoding.zeroPoint(row);
    if (same) {
      toLevels[row] = levels[row];
      toLosses[row] = losses[row];
      return;
    }
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

  /** The best scale of each channel for the levels that its rows have. */
  private IntToDoubleFunction bestScales() {
    double[] slope = new double[problem.out()];
    double[] curvature = new double[problem.out()];
    IntStream.range(0, problem.out())
        .parallel()
        .forEach(
            row -> {
              progress.check();
              RowProblem posed = new RowProblem(problem, row, encoding, problem.reach());
              posed.scaleParabola(levels[row], slope, curvature, row);
            });
    return c -> {
      int from = given.channels() == 1 ? 0 : c;
      int to = given.channels() == 1 ? problem.out() : c + 1;
      double curved = sum(curvature, from, to);
      return curved > 0 ? sum(slope, from, to) / curved : encoding.scale(c);
    };
  }
}
