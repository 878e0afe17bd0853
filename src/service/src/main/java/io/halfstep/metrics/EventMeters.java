package io.halfstep.metrics;

import io.halfstep.service.ServiceObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;

/** Counts and times events of the service. */
final class EventMeters implements ServiceObserver {
  private final MeterRegistry registry;
  private final Timer acknowledgement;
  private final Timer solver;
  private final Timer checkpoint;
  private final Counter checkpointFailures;

  EventMeters(MeterRegistry registry) {
    this.registry = registry;
    acknowledgement =
        histogram(
            "halfstep.ingest.acknowledgement",
            "Time from an inference request to its answer, for samples that were taken",
            0.0005,
            0.001,
            0.0025,
            0.005,
            0.01,
            0.025,
            0.05,
            0.1,
            0.25,
            0.5,
            1,
            2.5,
            5);
    solver =
        histogram(
            "halfstep.solver.duration",
            "Time in the solver for each layer",
            0.01,
            0.1,
            0.5,
            1,
            5,
            10,
            30,
            60,
            300,
            1800);
    checkpoint =
        histogram(
            "halfstep.checkpoint.duration",
            "Time from the begin of a checkpoint to its completion",
            0.01,
            0.05,
            0.1,
            0.5,
            1,
            5,
            10,
            30,
            60,
            300);
    checkpointFailures =
        Counter.builder("halfstep.checkpoint.failures")
            .description("Checkpoints that failed")
            .register(registry);
  }

  private Timer histogram(String name, String description, double... seconds) {
    return Timer.builder(name)
        .description(description)
        .serviceLevelObjectives(
            Arrays.stream(seconds)
                .mapToObj(limit -> Duration.ofNanos(Math.round(limit * 1e9)))
                .toArray(Duration[]::new))
        .register(registry);
  }

  @Override
  public void answered(String route, int status) {
    Counter.builder("halfstep.http.requests")
        .tags("route", route, "status", Integer.toString(status))
        .description("Requests that were answered")
        .register(registry)
        .increment();
  }

  @Override
  public void acknowledged(long nanos) {
    acknowledgement.record(Duration.ofNanos(nanos));
  }

  @Override
  public void rounded(double seconds) {
    solver.record(seconds(seconds));
  }

  @Override
  public void checkpointed(double seconds) {
    checkpoint.record(seconds(seconds));
  }

  private static Duration seconds(double seconds) {
    return Duration.ofNanos(Math.round(seconds * 1e9));
  }

  @Override
  public void checkpointFailed() {
    checkpointFailures.increment();
  }
}
