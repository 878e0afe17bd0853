package io.halfstep.calibration;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.export.QdqExport;
import io.halfstep.export.Samples;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.LearnedBlock;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Learn;
import io.halfstep.plan.PlanSettings;
import io.halfstep.protocol.RunEvent;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Blocks that learn by gradient, in whole runs on the bundled ResNet-14 and few images. */
class LearningRunTest {
  private static final int SAMPLES = 128;
  private static final Plan PLAN =
      Plan.DEFAULT.toBuilder()
          .weightBits(2)
          .activationBits(4)
          .effort(Effort.FAST)
          .override(LayerOverride.of("/stem/*").weightBits(8).activationBits(8))
          .build();

  @TempDir Path folder;

  private static StageGraph resnet() throws Exception {
    return StageGraph.of(Model.read(Samples.FOLDER.resolve("resnet14.onnx")).folded());
  }

  private static CalibrationRequest request(StageGraph graph, Plan plan) throws Exception {
    Tensor images = Tensor.of(Samples.fashionMnist(SAMPLES), SAMPLES, 1, 28, 28);
    SampleBatch all = new SampleBatch(0, 0, SAMPLES, Map.of("image", images));
    return Runs.request(graph, plan, Runs.cut("image", List.of(all), 16));
  }

  private byte[] model(CalibrationResult result) throws Exception {
    Path file = folder.resolve("out.onnx");
    assertThat(QdqExport.write(result.network(), file).outputs()).noneMatch(o -> o.isWorse());
    return Files.readAllBytes(file);
  }

  private static double decibels(CalibrationResult result) {
    return requireNonNull(result.network().outputSqnrDb().get("logits"));
  }

  @Test
  void blocksAreBetterThanLayers() throws Exception {
    StageGraph graph = resnet();
    CalibrationResult rounded = Runs.run(request(graph, PLAN));
    Errors errors = new Errors();
    CalibrationRequest request = request(graph, PLAN.toBuilder().learn(Learn.BLOCKS).build());
    CalibrationResult learned = Runs.run(Runs.withListener(request, errors));

    assertThat(learned.network().candidate().isLearned()).isTrue();
    assertThat(decibels(learned)).isGreaterThan(decibels(rounded));
    assertThat(errors.events).hasSize(8); // of six residual blocks, the stem and the last layer
    assertThat(errors.events).allMatch(event -> event.after() <= event.before());
    List<LearnedBlock> blocks = learned.network().learned();
    assertThat(blocks).noneMatch(LearnedBlock::isWhole);
    assertThat(blocks)
        .extracting(LearnedBlock::after)
        .containsExactlyInAnyOrderElementsOf(
            errors.events.stream().map(RunEvent.Learned::after).toList());
    model(learned);
  }

  private static final class Errors implements ProgressListener {
    final List<RunEvent.Learned> events = new CopyOnWriteArrayList<>();

    @Override
    public void update(Progress progress) {}

    @Override
    public void report(RunEvent event) {
      if (event instanceof RunEvent.Learned learned) {
        events.add(learned);
      }
    }
  }

  private static List<RunEvent.Learned> learned(CalibrationRequest request) throws Exception {
    Errors errors = new Errors();
    Runs.run(Runs.withListener(request, errors));
    return errors.events;
  }

  private static CalibrationRequest residual(Plan plan) {
    StageGraph graph = StageGraph.of(Networks.residual().model());
    Plan nearest = withoutLayers(plan).toBuilder().rounding(RoundingMethod.NEAREST).build();
    return Runs.request(graph, nearest, Runs.noise("x", 8, 8, 4, 8, 8));
  }

  private static Plan withoutLayers(Plan plan) {
    return new Plan(plan.values(), List.of(), plan.tensors());
  }

  @Test
  void oneAndManyThreadsLearnTheSame() throws Exception {
    CalibrationRequest request = residual(PLAN.toBuilder().learn(Learn.NETWORK).build());
    List<RunEvent.Learned> one = learned(Runs.withThreads(request, 1));
    List<RunEvent.Learned> many = learned(Runs.withThreads(Runs.withMemory(request, 0), 3));

    assertThat(one).hasSizeGreaterThan(2);
    assertThat(one.stream().mapToInt(event -> event.layers().size()).sum()).isPositive();
    assertThat(many)
        .usingRecursiveComparison()
        .ignoringFieldsMatchingRegexes(".*seconds")
        .isEqualTo(one);
  }

  @Test
  void aLayerThatThePlanLeavesOutStays() throws Exception {
    CalibrationRequest request = residual(PLAN.toBuilder().learn(Learn.BLOCKS).build());
    List<String> all = layers(learned(request));
    String stays = all.get(0);
    Plan plan =
        request.plan().toBuilder()
            .override(LayerOverride.of(stays).with(PlanSettings.LEARN, Learn.OFF))
            .build();

    assertThat(all).hasSizeGreaterThan(1);
    assertThat(layers(learned(request.toBuilder().plan(plan).build()))).doesNotContain(stays);
  }

  private static List<String> layers(List<RunEvent.Learned> events) {
    return events.stream()
        .flatMap(event -> event.layers().stream())
        .map(RunEvent.Rounded::layer)
        .toList();
  }

  @ParameterizedTest
  @EnumSource(Plan.Quantize.class)
  void networksOfOtherForms(Plan.Quantize quantize) throws Exception {
    Plan plan = PLAN.toBuilder().quantize(quantize).activationBits(8).learn(Learn.NETWORK).build();
    for (OnnxGraphs network :
        List.of(Networks.residual(), Networks.unet(), Networks.dense(), Networks.attention())) {
      StageGraph graph = StageGraph.of(network.model());
      model(Runs.run(Runs.request(graph, withoutLayers(plan), Runs.noise("x", 6, 8, 4, 8, 8))));
    }
  }

  /** The network is what it was, and a note says why. */
  @Test
  void aBlockWithoutGradientStays() throws Exception {
    OnnxGraphs network =
        OnnxGraphs.opset(17)
            .input("x", -1, 4)
            .weight("w", 4, 4)
            .node("MatMul", "a", List.of("x", "w"))
            .node("Shrink", "y", List.of("a"))
            .output("y");
    Plan plan = Plan.DEFAULT.toBuilder().weightBits(2).learn(Learn.BLOCKS).build();
    StageGraph graph = StageGraph.of(network.model());
    CalibrationResult result = Runs.run(Runs.request(graph, plan, Runs.noise("x", 4, 8, 4)));

    assertThat(result.notes()).anyMatch(note -> note.contains("block a is not learned: "));
    assertThat(result.network().candidate().isLearned()).isFalse();
  }
}
