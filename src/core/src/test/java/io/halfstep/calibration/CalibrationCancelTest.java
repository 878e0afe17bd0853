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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A run can be cancelled at any moment and leaves nothing behind. */
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

  private void assertCancelled(Calibration calibration) {
    assertThat(calibration.result())
        .failsWithin(Duration.ofSeconds(60))
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(CancellationException.class);
  }

  /** Starts a run that is cancelled as soon as it has done the given share of its work. */
  private Calibration cancelledAt(double share, Plan plan) {
    CompletableFuture<Calibration> started = new CompletableFuture<>();
    ProgressListener listener =
        progress -> {
          if (progress.share() >= share) {
            started.join().cancel();
          }
        };
    started.complete(Calibration.start(request(plan, listener), Runs.SERIALIZED));
    return started.join();
  }

  private void assertNothingIsLeft() throws InterruptedException {
    assertThat(spool).isEmptyDirectory();
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
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
    for (int percent = 0; percent < 100; percent += 5) {
      assertCancelled(cancelledAt(percent / 100.0, Plan.DEFAULT));
      assertThat(spool).as("%d %%", percent).isEmptyDirectory();
    }
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @EnumSource(Plan.Schedule.class)
  void whileSolversWork(Plan.Schedule schedule) throws Exception {
    for (int i = 0; i < 5; i++) {
      assertCancelled(cancelledAt(0.3, SLOW_SOLVER.toBuilder().schedule(schedule).build()));
    }
    assertNothingIsLeft();
  }

  @Test
  void beforeItHasBegun() throws Exception {
    Calibration calibration = Calibration.start(request(Plan.DEFAULT, ProgressListener.NONE));
    calibration.cancel();
    calibration.cancel();
    assertCancelled(calibration);
    assertNothingIsLeft();
  }

  @Test
  void afterItHasFinishedNothingHappens() throws Exception {
    Calibration calibration = Calibration.start(request(Plan.DEFAULT, ProgressListener.NONE));
    CalibrationResult result = calibration.result().get(60, TimeUnit.SECONDS);
    calibration.cancel();
    assertThat(calibration.result().get()).isSameAs(result);
    assertNothingIsLeft();
  }
}
