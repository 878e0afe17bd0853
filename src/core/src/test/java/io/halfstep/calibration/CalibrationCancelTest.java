package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Plan;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.source.SampleBatch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A run can be cancelled at any moment, soon, and leaves nothing behind. */
class CalibrationCancelTest {
  private static final StageGraph GRAPH = StageGraph.of(Networks.residual().model());
  private static final List<SampleBatch> DATA = Runs.noise("x", 12, 2, 4, 8, 8);
  private static final Plan SLOW_SOLVER =
      Plan.DEFAULT.toBuilder().rounding(RoundingMethod.ADAROUND).build();

  @TempDir Path spool;

  private CalibrationRequest request(Plan plan, ProgressListener listener) {
    CalibrationRequest request = Runs.request(GRAPH, plan, DATA);
    return Runs.withListener(Runs.withSpool(Runs.withMemory(request, 500), spool), listener);
  }

  /** Cancels at the n-th sign of progress; seconds until the result knows, or −1 if it finished. */
  private double cancelAt(int n, Plan plan) throws Exception {
    AtomicInteger signs = new AtomicInteger();
    AtomicLong cancelled = new AtomicLong();
    CompletableFuture<Calibration> started = new CompletableFuture<>();
    Calibration calibration =
        Calibration.start(
            request(
                plan,
                progress -> {
                  if (signs.incrementAndGet() == n) {
                    cancelled.set(System.nanoTime());
                    started.join().cancel();
                  }
                }),
            Runs.SERIALIZED);
    started.complete(calibration);
    try {
      calibration.result().get(30, TimeUnit.SECONDS);
      return -1;
    } catch (ExecutionException e) {
      assertThat(e).hasCauseInstanceOf(CancellationException.class);
      return (System.nanoTime() - cancelled.get()) / 1e9;
    }
  }

  private void assertNothingIsLeft() throws InterruptedException {
    assertThat(spool).isEmptyDirectory();
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    List<String> left = threads();
    while (!left.isEmpty() && System.nanoTime() < deadline) {
      Thread.sleep(20);
      left = threads();
    }
    assertThat(left).isEmpty();
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("halfstep"))
        .toList();
  }

  @Test
  void atAnyMoment() throws Exception {
    int n = 1;
    for (double seconds = 0; seconds >= 0; n += 9) {
      seconds = cancelAt(n, Plan.DEFAULT);
      assertThat(seconds).isLessThan(5);
      assertThat(spool).isEmptyDirectory();
    }
    assertThat(n / 9).as("runs that were cancelled").isGreaterThan(15);
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @EnumSource(Plan.Schedule.class)
  void whileSolversWork(Plan.Schedule schedule) throws Exception {
    for (int i = 0; i < 5; i++) {
      CompletableFuture<Calibration> started = new CompletableFuture<>();
      Calibration calibration =
          Calibration.start(
              request(
                  SLOW_SOLVER.toBuilder().schedule(schedule).build(),
                  progress -> {
                    if (progress.share() > 0.3) {
                      started.join().cancel();
                    }
                  }));
      started.complete(calibration);
      assertThat(calibration.result())
          .failsWithin(Duration.ofSeconds(30))
          .withThrowableOfType(ExecutionException.class)
          .withCauseInstanceOf(CancellationException.class);
    }
    assertNothingIsLeft();
  }

  @Test
  void beforeItHasBegun() throws Exception {
    Calibration calibration = Calibration.start(request(Plan.DEFAULT, ProgressListener.NONE));
    calibration.cancel();
    calibration.cancel();
    assertThat(calibration.result())
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(CancellationException.class);
    assertNothingIsLeft();
  }

  @Test
  void afterItHasFinishedNothingHappens() throws Exception {
    Calibration calibration = Calibration.start(request(Plan.DEFAULT, ProgressListener.NONE));
    CalibrationResult result = calibration.result().get(30, TimeUnit.SECONDS);
    calibration.cancel();
    assertThat(calibration.result().get()).isSameAs(result);
    assertNothingIsLeft();
  }
}
