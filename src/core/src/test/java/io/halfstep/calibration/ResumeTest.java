package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.checkpoint.CheckpointFolder;
import io.halfstep.checkpoint.CheckpointHistory;
import io.halfstep.checkpoint.CheckpointInfo;
import io.halfstep.checkpoint.CheckpointListener;
import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.checkpoint.Manifest;
import io.halfstep.graph.Blocks;
import io.halfstep.graph.StageGraph;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Learn;
import io.halfstep.protocol.StageId;
import io.halfstep.quantizer.Target;
import io.halfstep.rounding.Effort;
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
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A run that is interrupted again and again finds what an uninterrupted one finds. */
class ResumeTest {
  private static final int BATCHES = 6;
  private static final List<SampleBatch> DATA = Runs.noise("x", BATCHES, 8, 4, 8, 8);
  private static final StageGraph RESIDUAL = StageGraph.of(Networks.residual().model());
  private static final StageGraph UNET = StageGraph.of(Networks.unet().model());

  private static CalibrationResult uninterrupted;

  @TempDir Path folder;

  private final CheckpointLog log = new CheckpointLog();

  @BeforeAll
  static void uninterrupted() throws Exception {
    uninterrupted = Runs.run(Runs.request(RESIDUAL, Plan.DEFAULT, DATA));
  }

  static Stream<Arguments> runs() {
    Map<String, StageGraph> graphs = new TreeMap<>();
    graphs.put("residual", RESIDUAL);
    graphs.put("inception", StageGraph.of(Networks.inception().model()));
    graphs.put("dense", StageGraph.of(Networks.dense().model()));
    graphs.put("u-net", UNET);
    graphs.put("channels of other sizes", StageGraph.of(Networks.outlier().model()));
    graphs.put("stored constants", StageGraph.of(Networks.stored().model()));
    graphs.put("input to the very end", StageGraph.of(Networks.inputToTheEnd().model()));
    Plan floats = Plan.DEFAULT.toBuilder().activationBits(0).build();
    Plan samples =
        Plan.DEFAULT.toBuilder()
            .override(LayerOverride.of("m").rounding(RoundingMethod.ADAROUND_SAMPLES))
            .build();
    StageGraph attention = StageGraph.of(Networks.attention().model());
    Plan products = Plan.DEFAULT.toBuilder().quantize(Plan.Quantize.PRODUCTS).build();
    Plan dynamic = Plan.DEFAULT.toBuilder().activationBits(Target.DYNAMIC).build();
    List<Arguments> runs = new ArrayList<>();
    for (Plan.Schedule schedule : Plan.Schedule.values()) {
      graphs.forEach((name, graph) -> runs.add(run(name, graph, Plan.DEFAULT, schedule)));
      runs.add(run("float activations", RESIDUAL, floats, schedule));
      runs.add(run("stored samples", UNET, samples, schedule));
      runs.add(run("products", attention, products, schedule));
      runs.add(run("dynamic activations", attention, dynamic, schedule));
      runs.add(run("in integers", graphs.get("dense"), Runs.INTEGERS, schedule));
    }
    return runs.stream();
  }

  private static Arguments run(String name, StageGraph graph, Plan plan, Plan.Schedule schedule) {
    return Arguments.of(
        name + ", " + schedule.name().toLowerCase(Locale.ROOT),
        graph,
        plan.toBuilder().schedule(schedule).build());
  }

  private Checkpointing checkpointing(String fingerprint) {
    return new Checkpointing(new CheckpointFolder(folder), Duration.ZERO, fingerprint, log);
  }

  private CalibrationRequest checkpointed(Plan plan, String fingerprint) {
    return Runs.withCheckpointing(Runs.request(RESIDUAL, plan, DATA), checkpointing(fingerprint));
  }

  static void assertSame(CalibrationResult actual, CalibrationResult expected) {
    QuantizedNetwork a = actual.network();
    QuantizedNetwork b = expected.network();
    assertThat(a.samples()).isEqualTo(b.samples());
    assertThat(a.heldBack()).isEqualTo(b.heldBack());
    assertThat(a.outputSqnrDb()).isEqualTo(b.outputSqnrDb());
    assertThat(a.candidate()).isEqualTo(b.candidate());
    assertThat(a.nearestSqnrDb()).isEqualTo(b.nearestSqnrDb());
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

  /** In every pass, somewhere in its midst: behind batches, and behind layers that are done. */
  private static List<Interruption> interruptions(StageGraph graph, Plan plan, Random random) {
    int layers = graph.layers().size();
    int batches = 1 + random.nextInt(BATCHES - 2);
    int more = batches + 1 + random.nextInt(BATCHES - 1 - batches);
    int done = 1 + random.nextInt(layers - 2);
    Interruption nearest = new Interruption("nearest", 1 + random.nextInt(BATCHES - 1), layers);
    Interruption finish = new Interruption("finish", 1 + random.nextInt(BATCHES - 1), layers);
    return plan.schedule() == Plan.Schedule.PARALLEL
        ? List.of(
            new Interruption("learn", batches, 0),
            new Interruption("learn", more, 0),
            new Interruption("learn", 0, done),
            nearest,
            finish)
        : List.of(
            new Interruption("observe", batches, 0),
            new Interruption("round", 0, done),
            new Interruption("round", 0, done + 1),
            nearest,
            new Interruption("unrepaired", 1 + random.nextInt(BATCHES - 1), layers),
            finish);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("runs")
  void findsTheSame(String name, StageGraph graph, Plan plan) throws Exception {
    findsTheSame(graph, plan, interruptions(graph, plan, new Random(name.hashCode())));
  }

  @Test
  void findsWhatBlocksLearned() throws Exception {
    Plan plan =
        Plan.DEFAULT.toBuilder()
            .weightBits(2)
            .activationBits(3)
            .learn(Learn.NETWORK)
            .effort(Effort.FAST)
            .build();
    int layers = RESIDUAL.layers().size();
    int blocks = (int) Blocks.of(RESIDUAL).stream().filter(b -> !b.layers().isEmpty()).count();
    assertThat(blocks).isGreaterThan(1);
    findsTheSame(
        RESIDUAL,
        plan,
        List.of(
            new Interruption("round", 0, 1),
            new Interruption("reconstruct", 0, layers),
            new Interruption("reconstruct", 0, layers + 1),
            new Interruption("finetune", 0, layers + blocks),
            new Interruption("unrepaired", 2, 0),
            new Interruption("finetuned", 1, layers + blocks + 1),
            new Interruption("finish", 1, 0)));
  }

  private void findsTheSame(StageGraph graph, Plan plan, List<Interruption> interruptions)
      throws Exception {
    CalibrationRequest request = Runs.request(graph, plan, DATA);
    for (Interruption interruption : interruptions) {
      interruption.run(request, DATA, checkpointing("run"));
    }
    CalibrationResult result = Runs.run(Runs.withCheckpointing(request, checkpointing("run")));
    assertSame(result, Runs.run(request));
    assertThat(log.resumed).hasSameSizeAs(interruptions);
    for (int i = 0; i < interruptions.size(); i++) {
      if (interruptions.get(i).isHeld()) {
        assertThat(log.resumed.get(i).pass()).isEqualTo(interruptions.get(i).pass());
        assertThat(log.resumed.get(i).batches()).isEqualTo(interruptions.get(i).batches());
      }
    }
    assertThat(log.refused).isEmpty();
    assertThat(log.failed).isEmpty();
  }

  private CheckpointHistory history() {
    return new CheckpointHistory(new CheckpointFolder(folder));
  }

  private Manifest read(Path manifest) throws IOException {
    return Manifest.read(new CheckpointFolder(folder), manifest.getFileName().toString());
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
    Damage older = f -> Files.write(f, with(Files.readAllBytes(f), 7, 0x01));
    Damage other = f -> Files.writeString(f, "something else that is no checkpoint");
    return Stream.of(
        Arguments.of("truncated", truncated, "bytes of content"),
        Arguments.of("empty", empty, "found 0 bytes, expected a header"),
        Arguments.of("flipped bit", flipped, "found checksum"),
        Arguments.of("another schema", older, "found schema version 11, expected version 10"),
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
    new Interruption("observe", 2, 0)
        .run(Runs.request(RESIDUAL, Plan.DEFAULT, DATA), DATA, checkpointing("run"));
    assertThat(manifests()).hasSize(2);
    CheckpointInfo newest = history().latest().orElseThrow();
    Path manifest = manifests().get(0);
    Path state = folder.resolve(read(manifest).states().values().iterator().next().file());
    Path damaged = name.equals("another file") ? manifest : state;
    damage.to(damaged);
    CalibrationResult result = Runs.run(checkpointed(Plan.DEFAULT, "run"));
    assertThat(log.refused).hasSize(1);
    assertThat(log.refused.get(0)).contains(damaged.toString()).contains(why).doesNotContain("\n");
    assertThat(log.resumed.get(0).number()).isLessThan(newest.number());
    assertSame(result, uninterrupted);
  }

  @Test
  void aCheckpointOfAnotherRunIsRefused() throws Exception {
    new Interruption("observe", 3, 0)
        .run(Runs.request(RESIDUAL, Plan.DEFAULT, DATA), DATA, checkpointing("run"));
    CalibrationResult result = Runs.run(checkpointed(Plan.DEFAULT, "another"));
    assertThat(log.refused).hasSize(2);
    assertThat(log.refused.get(0)).contains("'run'", "'another'");
    assertThat(log.resumed).isEmpty();
    assertSame(result, uninterrupted);
    assertThat(log.completed).isNotEmpty();
  }

  @ParameterizedTest
  @EnumSource(Plan.Schedule.class)
  void layersThatAreDoneAreNotSolvedAgain(Plan.Schedule schedule, @TempDir Path copy)
      throws Exception {
    Plan plan = Plan.DEFAULT.toBuilder().schedule(schedule).build();
    CalibrationRequest request = checkpointed(plan, "run");
    String pass = schedule == Plan.Schedule.PARALLEL ? "learn" : "round";
    new Interruption(pass, 0, 2).run(request, DATA, checkpointing("run"));

    Set<StageId> done = read(manifests().get(0)).rounded().keySet();
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
                    request,
                    new Checkpointing(new CheckpointFolder(copy), Duration.ZERO, "run", log))));
    assertThat(done).isNotEmpty();
    seconds.forEach(
        (layer, first) -> {
          // no two clocked solutions of a problem take the same time to the nanosecond
          boolean isDone = done.stream().anyMatch(d -> d.name().equals(layer));
          assertThat(first.equals(again.get(layer))).as(layer).isEqualTo(isDone);
        });
  }

  private static Map<String, Double> seconds(CalibrationResult result) {
    return result.network().layers().stream()
        .collect(Collectors.toMap(QuantizedLayer::name, QuantizedLayer::seconds));
  }

  @Test
  void theLastTwoStayAndNothingElse() throws Exception {
    new Interruption("observe", 3, 0)
        .run(Runs.request(RESIDUAL, Plan.DEFAULT, DATA), DATA, checkpointing("run"));
    Runs.run(checkpointed(Plan.DEFAULT, "run"));
    assertThat(log.completed).hasSizeGreaterThan(4);
    assertThat(log.completed).anyMatch(c -> c.pass().equals("observe") && c.batches() > 0);
    assertThat(log.completed).extracting(CheckpointInfo::pass).contains("observe", "round");
    assertThat(log.completed).extracting(CheckpointInfo::number).isSorted().doesNotHaveDuplicates();
    assertThat(manifests()).hasSize(2);
    CheckpointInfo newest = history().latest().orElseThrow();
    assertThat(newest.number())
        .isGreaterThanOrEqualTo(log.completed.get(log.completed.size() - 1).number());
    assertThat(new CheckpointFolder(folder).bytes()).isGreaterThanOrEqualTo(newest.bytes());

    Files.writeString(folder.resolve("00000099-001-x.state"), "half-written");
    Files.writeString(folder.resolve("00000099.checkpoint.tmp"), "half-written");
    Files.writeString(folder.resolve("notes.txt"), "the user's own");
    history().open("run", CheckpointListener.NONE);
    Set<String> named = new TreeSet<>(Set.of("notes.txt"));
    for (Path manifest : manifests()) {
      named.add(manifest.getFileName().toString());
      Manifest content = read(manifest);
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
