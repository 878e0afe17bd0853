package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.stream.javadsl.Source;
import com.typesafe.config.ConfigFactory;
import io.halfstep.checkpoint.CheckpointFolder;
import io.halfstep.checkpoint.CheckpointHistory;
import io.halfstep.checkpoint.CheckpointInfo;
import io.halfstep.checkpoint.CheckpointListener;
import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.graph.ActivationSites;
import io.halfstep.graph.Stage;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.RunEvent;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.OffHeapMatrix;
import io.halfstep.tensor.OnnxProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A thousand runs that fail as they start, at each point where one can, leave nothing behind. */
class StartFailureTest {
  private static final int RUNS = 100;
  private static final StageGraph GRAPH = StageGraph.of(Networks.residual().model());
  private static final List<SampleBatch> DATA = Runs.noise("x", 4, 2, 4, 8, 8);
  private static final ActorTestKit KIT =
      ActorTestKit.create(
          ConfigFactory.parseResources("halfstep.conf").withFallback(ConfigFactory.load()));

  @TempDir Path directory;

  private int programs;
  private long bytes;

  /** What a user's code throws. */
  private static final class Defect extends Error {
    private static final long serialVersionUID = 1;

    Defect() {
      super("the display is gone");
    }
  }

  @AfterAll
  static void shutdown() {
    KIT.shutdownTestKit();
  }

  @BeforeEach
  void count() {
    programs = OnnxProgram.open();
    bytes = OffHeapMatrix.bytes();
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    assertThat(OnnxProgram.open()).as("sessions").isEqualTo(programs);
    assertThat(OffHeapMatrix.bytes()).as("bytes outside the heap").isEqualTo(bytes);
    assertThat(openFiles()).isEmpty();
    await(() -> workers().isEmpty()); // they end soon after their pool is shut down
  }

  private static void await(BooleanSupplier what) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!what.getAsBoolean()) {
      assertThat(System.nanoTime()).as("%s", workers()).isLessThan(end);
      Thread.sleep(10);
    }
  }

  private static List<String> workers() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("halfstep-worker"))
        .toList();
  }

  private List<String> openFiles() throws IOException {
    List<String> open = new ArrayList<>();
    Path descriptors = Path.of("/proc/self/fd");
    if (Files.isDirectory(descriptors)) {
      try (Stream<Path> all = Files.list(descriptors)) {
        for (Path descriptor : all.filter(Files::isSymbolicLink).toList()) {
          open.add(Files.readSymbolicLink(descriptor).toString());
        }
      }
    }
    return open.stream().filter(file -> file.startsWith(directory.toString())).toList();
  }

  private CalibrationRequest request(StageGraph graph) {
    return Runs.withSpool(Runs.request(graph, Plan.DEFAULT, DATA), directory);
  }

  private static Throwable failure(CalibrationRequest request) throws Exception {
    CompletableFuture<CalibrationResult> outcome = new CompletableFuture<>();
    KIT.spawn(CalibrationActor.create(request, outcome));
    try {
      outcome.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      return e.getCause();
    }
    throw new AssertionError("finished");
  }

  private void fails(CalibrationRequest request, String message) throws Exception {
    for (int i = 0; i < RUNS; i++) {
      assertThat(failure(request)).hasMessageContaining(message);
    }
  }

  /** ONNX Runtime refuses one of the stages; the others it has loaded, or is loading. */
  @ParameterizedTest
  @ValueSource(ints = {0, 3, 7})
  void aStageThatCannotBeLoaded(int stage) throws Exception {
    List<Stage> stages = new ArrayList<>(GRAPH.stages());
    byte[] broken = {1, 2, 3};
    Stage whole = stages.get(stage);
    stages.set(
        stage,
        whole instanceof Stage.LayerStage layer
            ? new Stage.LayerStage(
                layer.name(), layer.level(), layer.inputs(), layer.outputs(), layer.layer(), broken)
            : new Stage.OperatorStage(
                whole.name(), whole.level(), whole.inputs(), whole.outputs(), List.of(), broken));
    fails(
        request(
            new StageGraph(
                GRAPH.model(),
                stages,
                GRAPH.floatNodes(),
                List.of(),
                List.of(),
                List.of(),
                ActivationSites.NONE)),
        "stage " + whole.name() + ": ");
  }

  @Test
  void noThreads() throws Exception {
    for (int i = 0; i < RUNS; i++) {
      assertThat(failure(Runs.withThreads(request(GRAPH), 0)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aSourceThatCannotBeMade() throws Exception {
    fails(
        Runs.withSource(
            request(GRAPH),
            (BatchSource)
                first -> {
                  throw new IllegalStateException("no source");
                }),
        "no source");
  }

  @Test
  void aSourceThatFailsAtOnce() throws Exception {
    fails(
        Runs.withSource(request(GRAPH), Source.failed(new IllegalStateException("no batch"))),
        "no batch");
  }

  @Test
  void aListenerThatThrowsAtTheFirstProgress() throws Exception {
    fails(
        Runs.withListener(
            request(GRAPH),
            progress -> {
              throw new Defect();
            }),
        "the display is gone");
  }

  @Test
  void aListenerThatThrowsAtTheFirstEvent() throws Exception {
    fails(
        Runs.withListener(
            request(GRAPH),
            new ProgressListener() {
              @Override
              public void update(Progress progress) {}

              @Override
              public void report(RunEvent event) {
                throw new Defect();
              }
            }),
        "the display is gone");
  }

  private CalibrationRequest checkpointed(
      Path folder, ProgressListener listener, CheckpointListener checkpoints) {
    return Runs.withCheckpointing(
        Runs.withListener(request(GRAPH), listener),
        new Checkpointing(new CheckpointFolder(folder), Duration.ofHours(1), "run", checkpoints));
  }

  @Test
  void aFolderOfCheckpointsThatIsNone() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    fails(checkpointed(file, ProgressListener.NONE, CheckpointListener.NONE), file.toString());
  }

  /** A folder with a checkpoint to go on from. */
  private Path interrupted() throws Exception {
    Path folder = directory.resolve("checkpoints");
    failure(
        checkpointed(
            folder,
            ProgressListener.NONE,
            checkpoint -> {
              throw new Defect();
            }));
    assertThat(new CheckpointHistory(new CheckpointFolder(folder)).latest()).isPresent();
    return folder;
  }

  @Test
  void aListenerThatThrowsWhenTheRunResumes() throws Exception {
    fails(
        checkpointed(
            interrupted(),
            ProgressListener.NONE,
            new CheckpointLog() {
              @Override
              public void resumed(CheckpointInfo checkpoint) {
                throw new Defect();
              }
            }),
        "the display is gone");
  }

  @Test
  void aListenerThatThrowsAtTheProgressOfARunThatResumes() throws Exception {
    fails(
        checkpointed(
            interrupted(),
            progress -> {
              throw new Defect();
            },
            CheckpointListener.NONE),
        "the display is gone");
  }

  /** With an actor system of its own. */
  @RepeatedTest(5)
  void theWholeRun() throws Exception {
    CompletableFuture<CalibrationResult> result =
        Calibration.start(
                Runs.withListener(
                    request(GRAPH),
                    progress -> {
                      throw new Defect();
                    }))
            .result();
    assertThat(result)
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(CalibrationException.class);
  }
}
