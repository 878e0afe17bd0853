package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import akka.stream.javadsl.Source;
import io.halfstep.export.QuantizedLayer;
import io.halfstep.export.QuantizedNetwork;
import io.halfstep.graph.StageGraph;
import io.halfstep.layer.Manifest;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.source.SampleBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A run that is interrupted again and again finds what an uninterrupted one finds. */
class ResumeTest {
  private static final List<SampleBatch> DATA = Runs.noise("x", 12, 2, 4, 8, 8);
  private static final int MOST_INTERRUPTIONS = 4;

  @TempDir Path folder;

  /** What became of a folder's checkpoints, over all attempts. */
  private static class Log implements CheckpointListener {
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
            "u-net", Networks.unet(),
            "input to the very end", Networks.inputToTheEnd());
    Plan floats = Plan.DEFAULT.toBuilder().activationBits(0).build();
    Plan samples =
        Plan.DEFAULT.toBuilder()
            .override(
                new LayerOverride("b", null, RoundingMethod.ADAROUND_SAMPLES, null, null, null))
            .build();
    List<Arguments> runs = new ArrayList<>();
    graphs.forEach(
        (name, graph) ->
            runs.add(Arguments.of(name + ", wave", StageGraph.of(graph.model()), Plan.DEFAULT)));
    StageGraph residual = StageGraph.of(Networks.residual().model());
    runs.add(Arguments.of("float activations, wave", residual, floats));
    runs.add(Arguments.of("parallel", residual, Runs.PARALLEL));
    runs.add(Arguments.of("stored samples, parallel", residual, parallel(samples)));
    return runs.stream();
  }

  private static Plan parallel(Plan plan) {
    return plan.toBuilder().schedule(Plan.Schedule.PARALLEL).build();
  }

  /**
   * Batches that come no faster than one in so many milliseconds, so that barriers come between
   * them.
   */
  private static CalibrationRequest slow(CalibrationRequest request, int millis) {
    return Runs.withSource(request, Source.from(DATA).throttle(1, Duration.ofMillis(millis)));
  }

  private CalibrationRequest checkpointed(StageGraph graph, Plan plan, String fingerprint) {
    return Runs.withCheckpointing(
        slow(Runs.request(graph, plan, DATA), 20),
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
      result = cancelledAt(40 + random.nextInt(40), request);
    }
    if (result == null) {
      result = Runs.run(request);
    }
    assertSame(result, whole);
    assertThat(log.resumed).isNotEmpty();
    assertThat(log.refused).isEmpty();
    assertThat(log.failed).isEmpty();
  }

  private static final StageGraph RESIDUAL = StageGraph.of(Networks.residual().model());

  /** Interrupts a run once it has made so many checkpoints. */
  private void interruptBehind(int checkpoints, Plan plan) throws Exception {
    CompletableFuture<Calibration> started = new CompletableFuture<>();
    Log here =
        new Log() {
          @Override
          public void completed(CheckpointInfo checkpoint) {
            super.completed(checkpoint);
            if (completed.size() == checkpoints) {
              started.join().cancel();
            }
          }
        };
    CalibrationRequest request =
        Runs.withCheckpointing(
            slow(Runs.request(RESIDUAL, plan, DATA), 25),
            new Checkpointing(folder, Duration.ZERO, "run", here));
    started.complete(Calibration.start(request));
    assertThat(started.join().result())
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(CancellationException.class);
  }

  private List<Path> manifests() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(f -> f.toString().endsWith(".checkpoint"))
          .sorted(Comparator.reverseOrder())
          .toList();
    }
  }

  private interface Damage {
    void to(Path file) throws IOException;
  }

  static Stream<Arguments> damages() {
    Damage truncated = f -> Files.write(f, truncated(Files.readAllBytes(f), 7));
    Damage empty = f -> Files.write(f, new byte[0]);
    Damage flipped = f -> Files.write(f, with(Files.readAllBytes(f), -3, 0x10));
    Damage newer = f -> Files.write(f, with(Files.readAllBytes(f), 7, 0x03));
    Damage other = f -> Files.writeString(f, "something else that is no checkpoint");
    return Stream.of(
        Arguments.of("truncated", truncated, "bytes of content"),
        Arguments.of("empty", empty, "found 0 bytes, expected a header"),
        Arguments.of("flipped bit", flipped, "found checksum"),
        Arguments.of("another schema", newer, "found schema version 2, expected version 1"),
        Arguments.of("another file", other, "expected 48534350"),
        Arguments.of("gone", (Damage) Files::delete, "found no such file"));
  }

  private static byte[] truncated(byte[] bytes, int by) {
    return Arrays.copyOf(bytes, bytes.length - by);
  }

  private static byte[] with(byte[] bytes, int at, int flipped) {
    bytes[at < 0 ? bytes.length + at : at] ^= (byte) flipped;
    return bytes;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void theOneBeforeIsUsed(String name, Damage damage, String why) throws Exception {
    interruptBehind(2, Plan.DEFAULT);
    CheckpointInfo newest = new CheckpointFolder(folder).latest().orElseThrow();
    Path manifest = manifests().get(0);
    Path state = folder.resolve(Manifest.read(manifest).states().values().iterator().next().file());
    Path damaged = name.equals("another file") ? manifest : state;
    damage.to(damaged);
    CalibrationResult result = Runs.run(checkpointed(RESIDUAL, Plan.DEFAULT, "run"));
    assertThat(log.refused).hasSize(1);
    assertThat(log.refused.peek()).contains(damaged.toString()).contains(why).doesNotContain("\n");
    assertThat(log.resumed.peek().number()).isLessThan(newest.number());
    assertSame(result, Runs.run(Runs.request(RESIDUAL, Plan.DEFAULT, DATA)));
  }

  @Test
  void aCheckpointOfAnotherRunIsRefused() throws Exception {
    interruptBehind(3, Plan.DEFAULT);
    CalibrationResult result = Runs.run(checkpointed(RESIDUAL, Plan.DEFAULT, "another"));
    assertThat(log.refused).hasSize(2);
    assertThat(log.refused.peek()).contains("'run'", "'another'");
    assertThat(log.resumed).isEmpty();
    assertSame(result, Runs.run(Runs.request(RESIDUAL, Plan.DEFAULT, DATA)));
    assertThat(log.completed).isNotEmpty();
  }

  @ParameterizedTest
  @EnumSource(Plan.Schedule.class)
  void layersThatAreDoneAreNotSolvedAgain(Plan.Schedule schedule, @TempDir Path copy)
      throws Exception {
    Plan plan = Plan.DEFAULT.toBuilder().schedule(schedule).build();
    CompletableFuture<Calibration> started = new CompletableFuture<>();
    AtomicInteger rounded = new AtomicInteger();
    CheckpointListener untilTwoAreDone =
        checkpoint -> {
          if (rounded.get() >= 2) {
            started.join().cancel();
          }
        };
    CalibrationRequest request = checkpointed(RESIDUAL, plan, "run");
    started.complete(
        Calibration.start(
            Runs.withListener(
                Runs.withCheckpointing(
                    request, new Checkpointing(folder, Duration.ZERO, "run", untilTwoAreDone)),
                progress -> rounded.addAndGet(Double.isNaN(progress.loss()) ? 0 : 1))));
    assertThat(started.join().result()).failsWithin(Duration.ofSeconds(30));

    Set<String> done = Manifest.read(manifests().get(0)).rounded().keySet();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    Map<String, Double> seconds = seconds(Runs.run(request));
    Map<String, Double> again =
        seconds(
            Runs.run(
                Runs.withCheckpointing(
                    request, new Checkpointing(copy, Duration.ZERO, "run", log))));
    assertThat(done).isNotEmpty();
    seconds.forEach(
        (layer, first) -> {
          // no two clocked solutions of a problem take the same time to the nanosecond
          boolean isDone = done.stream().anyMatch(d -> d.endsWith("-" + layer));
          assertThat(first.equals(again.get(layer))).as(layer).isEqualTo(isDone);
        });
  }

  private static Map<String, Double> seconds(CalibrationResult result) {
    return result.network().layers().stream()
        .collect(Collectors.toMap(QuantizedLayer::name, QuantizedLayer::seconds));
  }

  @Test
  void theLastTwoStayAndNothingElse() throws Exception {
    Runs.run(checkpointed(RESIDUAL, Plan.DEFAULT, "run"));
    assertThat(log.completed).hasSizeGreaterThan(4);
    assertThat(log.completed).anyMatch(c -> c.pass().equals("observe") && c.batches() > 0);
    assertThat(log.completed).extracting(CheckpointInfo::pass).contains("observe", "round");
    assertThat(log.completed).extracting(CheckpointInfo::number).isSorted().doesNotHaveDuplicates();
    assertThat(manifests()).hasSize(2);
    CheckpointFolder files = new CheckpointFolder(folder);
    CheckpointInfo newest = files.latest().orElseThrow();
    assertThat(newest.number())
        .isGreaterThanOrEqualTo(List.copyOf(log.completed).get(log.completed.size() - 1).number());
    assertThat(files.bytes()).isGreaterThanOrEqualTo(newest.bytes());

    Files.writeString(folder.resolve("00000099-001-x.state"), "half-written");
    Files.writeString(folder.resolve("00000099.checkpoint.tmp"), "half-written");
    Files.writeString(folder.resolve("notes.txt"), "the user's own");
    new CheckpointFolder(folder).open("run", CheckpointListener.NONE);
    Set<String> named = new TreeSet<>(Set.of("notes.txt"));
    for (Path manifest : manifests()) {
      named.add(manifest.getFileName().toString());
      Manifest content = Manifest.read(manifest);
      content.states().values().forEach(f -> named.add(f.file()));
      content.rounded().values().forEach(f -> named.add(f.file()));
    }
    try (Stream<Path> all = Files.list(folder)) {
      assertThat(all.map(f -> f.getFileName().toString()))
          .as("but for a barrier that the end of the run overtook, which is cleared too")
          .containsExactlyInAnyOrderElementsOf(named);
    }
  }
}
