package io.halfstep.rounding.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.LayerSamples;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.ScaleBounds;
import io.halfstep.statistics.Moments;
import io.halfstep.statistics.SampleReservoir;
import io.halfstep.tensor.ClipFunction;
import io.halfstep.tensor.RowPatches;
import io.halfstep.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Every solver checks often enough whether it is cancelled, however long its rows are. */
class CancellationTest {
  /** Of processor time between two checks; twice what is promised, since cores may be shared. */
  private static final Duration LONGEST = Duration.ofSeconds(2);

  /** Rows of a large layer, the inputs correlated with their neighbours. */
  private static RoundingProblem large(int k, int out, boolean learnsScales) {
    Random random = new Random(k);
    float[] weights = new float[out * k];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) random.nextGaussian();
    }
    double[] shared = new double[k];
    for (int i = 0; i < k; i++) {
      shared[i] = 0.2 + Math.pow(0.95, i) + (i == 0 ? 0.1 : 0);
    }
    double[] gram = new double[k * k];
    for (int i = 0; i < k; i++) {
      for (int j = 0; j < k; j++) {
        gram[i * k + j] = shared[Math.abs(i - j)];
      }
    }
    Moments moments = new Moments(k, 4L * k, gram, new double[0], new double[0]);
    return new RoundingProblem(
        weights,
        out,
        k,
        Encoding.perTensor(Grid.signed(4), 0.3f, 0),
        List.of(moments),
        1,
        samples(k, out, random),
        learnsScales ? new ScaleBounds(new float[out]) : null,
        Reach.GRID,
        false);
  }

  private static LayerSamples samples(int k, int out, Random random) {
    int samples = 8;
    int positions = 64;
    float[] x = new float[samples * positions * k];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    Tensor tensor = Tensor.of(x, samples, positions, k);
    SampleReservoir reservoir = new SampleReservoir(1L << 30, 1);
    reservoir.add(0, tensor, tensor);
    return new LayerSamples(reservoir, RowPatches.rows(k), new float[out], ClipFunction.RELU);
  }

  /**
   * Cancels at the n-th check, or when a share of the work is done. Measures the longest
   * computation between two checks of a thread in processor time, so that other load does not
   * count.
   */
  private static final class Stop implements RoundingControl {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final int checks;
    private final double share;
    private final AtomicInteger checked = new AtomicInteger();
    private final Map<Thread, Long> last = new ConcurrentHashMap<>();
    private final AtomicLong longest = new AtomicLong();
    private volatile boolean cancelled;

    private Stop(int checks, double share) {
      this.checks = checks;
      this.share = share;
    }

    static Stop atCheck(int n) {
      return new Stop(n, Double.POSITIVE_INFINITY);
    }

    static Stop atShare(double share) {
      return new Stop(Integer.MAX_VALUE, share);
    }

    private void measure() {
      long now = THREADS.getCurrentThreadCpuTime();
      Long before = last.put(Thread.currentThread(), now);
      longest.accumulateAndGet(before == null ? now : now - before, Math::max);
    }

    @Override
    public boolean cancelled() {
      measure();
      if (checked.incrementAndGet() >= checks) {
        cancelled = true;
      }
      return cancelled;
    }

    @Override
    public void progress(double done) {
      if (done >= share) {
        cancelled = true;
      }
    }

    void assertStops(RoundingMethod method, Effort effort, RoundingProblem problem) {
      ForkJoinPool workers = new ForkJoinPool(2); // new threads: their processor time begins at 0
      try {
        workers.submit(() -> solve(method, effort, problem)).join();
      } finally {
        workers.shutdown();
      }
      assertThat(Duration.ofNanos(longest.get())).isLessThan(LONGEST);
    }

    private void solve(RoundingMethod method, Effort effort, RoundingProblem problem) {
      assertThatThrownBy(() -> Rounders.of(method, effort).solve(problem, this))
          .isInstanceOf(CancellationException.class);
      measure();
    }
  }

  @ParameterizedTest
  @EnumSource
  void soonAfterTheStart(RoundingMethod method) {
    Stop.atCheck(20).assertStops(method, Effort.NORMAL, large(2304, 128, false));
  }

  @ParameterizedTest
  @CsvSource({"LATTICE, FAST", "LATTICE, NORMAL", "LATTICE, BEST", "EXACT, BEST"})
  void whileScalesAreChosen(RoundingMethod method, Effort effort) {
    Stop.atCheck(30).assertStops(method, effort, large(2304, 128, true));
  }

  @ParameterizedTest
  @CsvSource({"LATTICE, BEST", "ADAROUND, NORMAL"})
  void onTheLongestRows(RoundingMethod method, Effort effort) {
    Stop.atCheck(60).assertStops(method, effort, large(4608, 64, false));
  }

  @ParameterizedTest
  @CsvSource({"LATTICE, BEST, 0.95", "LATTICE_SAMPLES, FAST, 0.5", "LATTICE_SAMPLES, FAST, 0.6"})
  void inTheLastOfItsStages(RoundingMethod method, Effort effort, double share) {
    Stop.atShare(share).assertStops(method, effort, large(700, 40, false));
  }
}
