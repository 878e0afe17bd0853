package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import akka.NotUsed;
import akka.stream.javadsl.Source;
import io.halfstep.checkpoint.CheckpointFolder;
import io.halfstep.checkpoint.CheckpointHistory;
import io.halfstep.checkpoint.CheckpointInfo;
import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.checkpoint.Manifest;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.StageId;
import io.halfstep.source.SampleBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A disk that takes no checkpoint is told of, and costs a run nothing but its checkpoints. */
class CheckpointFailureTest {
  private static final List<SampleBatch> DATA = Runs.noise("x", 6, 8, 4, 8, 8);
  private static final StageGraph GRAPH = StageGraph.of(Networks.residual().model());

  @TempDir Path directory;

  private final CompletableFuture<String> noticed = new CompletableFuture<>();
  private final CompletableFuture<CheckpointInfo> recovered = new CompletableFuture<>();
  private final CompletableFuture<CheckpointInfo> finishing = new CompletableFuture<>();
  private final CheckpointLog log =
      new CheckpointLog() {
        @Override
        public void failed(String why) {
          super.failed(why);
          noticed.complete(why);
        }

        @Override
        public void completed(CheckpointInfo checkpoint) {
          super.completed(checkpoint);
          if (noticed.isDone() && checkpoint.pass().equals(disturbed)) {
            recovered.complete(checkpoint);
          }
          if (checkpoint.pass().equals("finish")) {
            finishing.complete(checkpoint);
          }
        }
      };
  private Path folder;
  private String disturbed = "";

  @BeforeEach
  void folder() {
    folder = directory.resolve("checkpoints");
  }

  private interface Act {
    void run() throws IOException;
  }

  /** Something happens to the disk as this pass begins, whose second batch then waits. */
  private CalibrationRequest disturbed(
      Plan plan, String pass, Duration every, Act act, CompletableFuture<?> until) {
    disturbed = pass;
    Iterator<String> passes = Interruption.passes(plan).iterator();
    BatchSource source =
        first -> {
          Source<SampleBatch, NotUsed> batches = Source.from(DATA).drop(first);
          if (!passes.hasNext() || !passes.next().equals(pass)) {
            return batches;
          }
          try {
            act.run();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          return batches
              .take(1)
              .concat(batches.drop(1).mapAsync(1, b -> until.thenApply(ignored -> b)));
        };
    return Runs.withCheckpointing(
        Runs.withSource(Runs.request(GRAPH, plan, DATA), source),
        new Checkpointing(new CheckpointFolder(folder), every, "run", log));
  }

  /** The next time this file is written, there is no space left; the time after there is. */
  private void fill(String file) throws IOException {
    Path at = folder.resolve(file);
    if (!Files.exists(at)) {
      Files.createSymbolicLink(at, Path.of("/dev/full"));
    }
  }

  @ParameterizedTest
  @CsvSource({"WAVE, observe", "WAVE, round", "WAVE, finish", "PARALLEL, learn"})
  void aFolderThatVanishes(Plan.Schedule schedule, String pass) throws Exception {
    Plan plan = Plan.DEFAULT.toBuilder().schedule(schedule).build();
    CalibrationResult result =
        Runs.run(
            disturbed(
                plan,
                pass,
                Duration.ofMillis(10),
                () -> Files.move(folder, directory.resolve("elsewhere")),
                noticed));
    assertThat(log.failed).isNotEmpty();
    assertThat(log.failed).allSatisfy(why -> assertThat(why.lines()).hasSize(1));
    assertThat(log.failed.get(0)).contains(folder.toString()).contains("NoSuchFile");
    ResumeTest.assertSame(result, Runs.run(Runs.request(GRAPH, plan, DATA)));
  }

  private void fillUp(String pass, String file) throws Exception {
    CalibrationResult result =
        Runs.run(
            disturbed(
                Plan.DEFAULT,
                pass,
                Duration.ofMillis(5),
                () -> {
                  for (int number = 1; number < 400; number++) {
                    fill("%08d%s".formatted(number, file));
                  }
                },
                recovered));
    assertThat(log.failed).isNotEmpty();
    assertThat(log.failed)
        .allSatisfy(
            why ->
                assertThat(why)
                    .contains(file.replace(".tmp", ""))
                    .contains("No space left on device"));
    ResumeTest.assertSame(result, Runs.run(Runs.request(GRAPH, Plan.DEFAULT, DATA)));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void theRoundsOpeningIsWrittenAgain() throws Exception {
    fillUp("round", "-0-input.state");
    assertThat(recovered).isCompleted();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aManifestIsWrittenAgain() throws Exception {
    fillUp("observe", ".checkpoint.tmp");
    assertThat(recovered).isCompleted();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void integersAreWrittenAgain() throws Exception {
    CalibrationRequest filled =
        disturbed(
            Plan.DEFAULT,
            "round",
            Duration.ofMillis(1),
            () -> fill("00000001-1-a.rounded"),
            CompletableFuture.completedFuture(null));
    CalibrationResult result = Runs.run(Runs.withSource(filled, untilFinishing(filled.source())));
    assertThat(log.failed).singleElement().asString().contains("1-a.rounded");
    CheckpointInfo newest =
        new CheckpointHistory(new CheckpointFolder(folder)).latest().orElseThrow();
    assertThat(newest.pass()).isEqualTo("finish");
    assertThat(integers())
        .anyMatch(stage -> stage.name().equals("a"))
        .hasSize(GRAPH.layers().size());
    ResumeTest.assertSame(result, Runs.run(Runs.request(GRAPH, Plan.DEFAULT, DATA)));
  }

  /** The last pass goes on once a checkpoint of it is complete. */
  private BatchSource untilFinishing(BatchSource source) {
    AtomicInteger pass = new AtomicInteger();
    return first -> {
      Source<SampleBatch, NotUsed> batches = source.from(first);
      return pass.incrementAndGet() == Interruption.passes(Plan.DEFAULT).size()
          ? batches
              .take(1)
              .concat(batches.drop(1).mapAsync(1, b -> finishing.thenApply(ignored -> b)))
          : batches;
    };
  }

  private Set<StageId> integers() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      Path newest =
          files
              .filter(f -> f.toString().endsWith(".checkpoint"))
              .max(Comparator.naturalOrder())
              .orElseThrow();
      return Manifest.read(new CheckpointFolder(folder), newest.getFileName().toString())
          .rounded()
          .keySet();
    }
  }

  /** Numbers are known where no timer makes checkpoints: the first is 1, its manifest 2. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void nothingIsLeftOfACheckpointWhoseManifestFailed() throws Exception {
    Runs.run(
        disturbed(
            Plan.DEFAULT,
            "observe",
            Duration.ofHours(1),
            () -> fill("00000002.checkpoint.tmp"),
            noticed));
    assertThat(log.failed).singleElement().asString().contains("00000002.checkpoint");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .isNotEmpty()
          .noneMatch(name -> name.startsWith("00000001") && name.endsWith(".state"))
          .noneMatch(name -> name.startsWith("00000002"));
    }
  }
}
