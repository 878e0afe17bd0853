package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.export.QuantizedLayer;
import io.halfstep.export.QuantizedNetwork;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.Plan;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.source.SampleBatch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A run that is interrupted again and again finds what an uninterrupted one finds. */
class ResumeTest {
  private static final List<SampleBatch> DATA = Runs.noise("x", 12, 2, 4, 8, 8);
  private static final int MOST_INTERRUPTIONS = 6;

  @TempDir Path folder;

  /** What became of a folder's checkpoints, over all attempts. */
  private static final class Log implements CheckpointListener {
    final ConcurrentLinkedQueue<CheckpointInfo> completed = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<CheckpointInfo> resumed = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<String> refused = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<String> failed = new ConcurrentLinkedQueue<>();

    @Override
    public void completed(CheckpointInfo checkpoint) {
      completed.add(checkpoint);
    }

    @Override
    public void resumed(CheckpointInfo checkpoint) {
      resumed.add(checkpoint);
    }

    @Override
    public void refused(Path checkpoint, String why) {
      refused.add(why);
    }

    @Override
    public void failed(String why) {
      failed.add(why);
    }
  }

  private final Log log = new Log();

  static Stream<Arguments> runs() {
    Map<String, OnnxGraphs> graphs =
        Map.of(
            "residual", Networks.residual(),
            "inception", Networks.inception(),
            "dense", Networks.dense(),
            "u-net", Networks.unet(),
            "input to the very end", Networks.inputToTheEnd());
    Plan floats = Plan.DEFAULT.toBuilder().activationBits(0).build();
    Plan samples = Plan.DEFAULT.toBuilder().rounding(RoundingMethod.ADAROUND_SAMPLES).build();
    List<Arguments> runs = new ArrayList<>();
    graphs.forEach(
        (name, graph) -> {
          StageGraph stages = StageGraph.of(graph.model());
          runs.add(Arguments.of(name + ", wave", stages, Plan.DEFAULT));
          runs.add(Arguments.of(name + ", parallel", stages, Runs.PARALLEL));
        });
    StageGraph residual = StageGraph.of(Networks.residual().model());
    runs.add(Arguments.of("float activations, wave", residual, floats));
    runs.add(Arguments.of("float activations, parallel", residual, parallel(floats)));
    runs.add(Arguments.of("stored samples, wave", residual, samples));
    runs.add(Arguments.of("stored samples, parallel", residual, parallel(samples)));
    return runs.stream();
  }

  private static Plan parallel(Plan plan) {
    return plan.toBuilder().schedule(Plan.Schedule.PARALLEL).build();
  }

  private CalibrationRequest checkpointed(StageGraph graph, Plan plan, String fingerprint) {
    return Runs.withCheckpointing(
        Runs.request(graph, plan, DATA),
        new Checkpointing(folder, Duration.ZERO, fingerprint, log));
  }

  /** Cancels at the n-th sign of progress; null if it was cancelled. */
  private static CalibrationResult cancelledAt(int n, CalibrationRequest request) throws Exception {
    AtomicInteger signs = new AtomicInteger();
    CompletableFuture<Calibration> started = new CompletableFuture<>();
    Calibration calibration =
        Calibration.start(
            Runs.withListener(
                request,
                progress -> {
                  request.listener().update(progress);
                  if (signs.incrementAndGet() == n) {
                    started.join().cancel();
                  }
                }));
    started.complete(calibration);
    try {
      return calibration.result().get(60, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      assertThat(e).hasCauseInstanceOf(CancellationException.class);
      return null;
    }
  }

  private static void assertSame(CalibrationResult actual, CalibrationResult expected) {
    QuantizedNetwork a = actual.network();
    QuantizedNetwork b = expected.network();
    assertThat(a.samples()).isEqualTo(b.samples());
    assertThat(a.outputSqnrDb()).isEqualTo(b.outputSqnrDb());
    assertThat(a.activations()).isEqualTo(b.activations());
    assertThat(a.statistics()).isEqualTo(b.statistics());
    assertThat(a.layers()).hasSameSizeAs(b.layers());
    for (int i = 0; i < a.layers().size(); i++) {
      QuantizedLayer x = a.layers().get(i);
      QuantizedLayer y = b.layers().get(i);
      assertThat(x.weight().integers()).isEqualTo(y.weight().integers());
      assertThat(x.weight().encoding()).isEqualTo(y.weight().encoding());
      assertThat(List.of(x.name(), x.rounding(), x.loss(), x.nearestLoss(), x.flips(), x.sqnrDb()))
          .isEqualTo(
              List.of(y.name(), y.rounding(), y.loss(), y.nearestLoss(), y.flips(), y.sqnrDb()));
      assertThat(x.note()).isEqualTo(y.note());
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("runs")
  void findsTheSame(String name, StageGraph graph, Plan plan) throws Exception {
    CalibrationResult whole = Runs.run(Runs.request(graph, plan, DATA));
    CalibrationRequest request = checkpointed(graph, plan, "run");
    Random random = new Random(name.hashCode());
    CalibrationResult result = null;
    for (int i = 0; i < MOST_INTERRUPTIONS && result == null; i++) {
      result = cancelledAt(5 + random.nextInt(120), request);
    }
    if (result == null) {
      result = Runs.run(request);
    }
    assertSame(result, whole);
    assertThat(log.resumed).isNotEmpty();
    assertThat(log.refused).isEmpty();
    assertThat(log.failed).isEmpty();
  }
}
