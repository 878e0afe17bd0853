package io.halfstep.rounding.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.OperatingSystemMXBean;
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
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Every solver stops within a second of being told to, however long its rows are. */
class CancellationTest {
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
        Reach.GRID);
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

  /** Cancelled after some time, or when so much of the work is done. */
  private static final class Stop implements RoundingControl {
    private static final OperatingSystemMXBean SYSTEM =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final long milliseconds;
    private final double share;
    private volatile boolean cancelled;
    private volatile long time;
    private volatile long processorTime;

    private Stop(long milliseconds, double share) {
      this.milliseconds = milliseconds;
      this.share = share;
    }

    static Stop after(long milliseconds) {
      return new Stop(milliseconds, Double.POSITIVE_INFINITY);
    }

    static Stop when(double share) {
      return new Stop(60_000, share);
    }

    private synchronized void cancel() {
      if (!cancelled) {
        time = System.nanoTime();
        processorTime = SYSTEM.getProcessCpuTime();
        cancelled = true;
      }
    }

    @Override
    public boolean cancelled() {
      return cancelled;
    }

    @Override
    public void progress(double done) {
      if (done >= share) {
        cancel();
      }
    }

    /** Within a second of its own time, that is: other work on the machine is not its fault. */
    void assertStops(RoundingMethod method, Effort effort, RoundingProblem problem) {
      CompletableFuture.delayedExecutor(milliseconds, TimeUnit.MILLISECONDS).execute(this::cancel);
      assertThatThrownBy(() -> Rounders.of(method, effort).solve(problem, this))
          .isInstanceOf(CancellationException.class);
      long late = Math.min(System.nanoTime() - time, SYSTEM.getProcessCpuTime() - processorTime);
      assertThat(Duration.ofNanos(late)).isLessThan(Duration.ofSeconds(1));
    }
  }

  @ParameterizedTest
  @EnumSource
  void soonAfterTheStart(RoundingMethod method) {
    Stop.after(50).assertStops(method, Effort.NORMAL, large(2304, 128, false));
  }

  @ParameterizedTest
  @CsvSource({"LATTICE, FAST", "LATTICE, NORMAL", "LATTICE, BEST", "EXACT, BEST"})
  void whileScalesAreChosen(RoundingMethod method, Effort effort) {
    Stop.after(500).assertStops(method, effort, large(2304, 128, true));
  }

  @ParameterizedTest
  @CsvSource({"LATTICE, BEST", "ADAROUND, NORMAL"})
  void onTheLongestRows(RoundingMethod method, Effort effort) {
    Stop.after(1000).assertStops(method, effort, large(4608, 64, false));
  }

  @ParameterizedTest
  @CsvSource({"LATTICE, BEST, 0.95", "LATTICE_SAMPLES, FAST, 0.5", "LATTICE_SAMPLES, FAST, 0.6"})
  void inTheLastOfItsStages(RoundingMethod method, Effort effort, double share) {
    Stop.when(share).assertStops(method, effort, large(700, 40, false));
  }
}
