package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import com.typesafe.config.ConfigFactory;
import io.halfstep.allocation.Assignment;
import io.halfstep.allocation.Bits;
import io.halfstep.checkpoint.CheckpointFolder;
import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.export.QdqExport;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.plan.Budget;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanSettings;
import io.halfstep.quantizer.Encoding;
import io.halfstep.source.SampleBatch;
import io.halfstep.widths.WidthCosts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WidthSearchTest {
  private static final StageGraph RESIDUAL = StageGraph.of(Networks.residual().model());
  private static final List<SampleBatch> DATA = Runs.noise("x", 16, 8, 4, 8, 8);
  private static final long WEIGHTS = 4 * 144;

  @TempDir Path folder;

  private static Plan plan(String budget) {
    return Plan.DEFAULT.toBuilder().budget(Budget.parse(budget)).build();
  }

  private static CalibrationResult run(Plan plan) throws Exception {
    return Runs.run(Runs.request(RESIDUAL, plan, DATA));
  }

  private static Map<String, Integer> bits(CalibrationResult result) {
    Map<String, Integer> bits = new TreeMap<>();
    for (QuantizedLayer layer : result.network().layers()) {
      bits.put(layer.name(), layer.weight().encoding().grid().bits());
    }
    return bits;
  }

  private static Map<String, Integer> activationBits(CalibrationResult result) {
    Map<String, Integer> bits = new TreeMap<>();
    for (Layer layer : RESIDUAL.layers()) {
      Encoding input = result.network().activations().get(layer.input());
      bits.put(layer.name(), Objects.requireNonNull(input).grid().bits());
    }
    return bits;
  }

  private static Map<String, Integer> chosenBits(CalibrationResult result) {
    Map<String, Integer> bits = new TreeMap<>();
    chosen(result).bits().forEach((layer, widths) -> bits.put(layer, widths.weights()));
    return bits;
  }

  private static Assignment chosen(CalibrationResult result) {
    return Objects.requireNonNull(result.allocation()).chosen();
  }

  private byte[] model(CalibrationResult result) throws Exception {
    Path file = folder.resolve("out.onnx");
    QdqExport.write(result.network(), file);
    return Files.readAllBytes(file);
  }

  @Test
  void layersTakeTheChosenBitsAndStayWithinTheBudget() throws Exception {
    CalibrationResult result = run(plan("bits=3.25"));

    assertThat(bits(result)).isEqualTo(chosenBits(result));
    assertThat(chosen(result).cost()).isLessThanOrEqualTo((long) (3.25 * WEIGHTS));
    assertThat(chosen(result).cost())
        .isEqualTo(bits(result).values().stream().mapToLong(bits -> 144 * bits).sum());
    assertThat(result.plan().budget()).isNull();
  }

  @Test
  void thePlanOfTheRunMakesTheSameModel() throws Exception {
    CalibrationResult result = run(plan("bits=3.25"));

    assertThat(model(run(result.plan()))).isEqualTo(model(result));
  }

  @Test
  void isTheSameWithAnyNumberOfThreadsAndWithCheckpoints() throws Exception {
    CalibrationRequest request = Runs.request(RESIDUAL, plan("bits=3"), DATA);
    byte[] one = model(Runs.run(Runs.withThreads(request, 1)));
    Checkpointing checkpoints =
        new Checkpointing(
            new CheckpointFolder(folder.resolve("c")), Duration.ZERO, "x", new CheckpointLog());

    assertThat(model(Runs.run(Runs.withThreads(request, 2)))).isEqualTo(one);
    assertThat(model(Runs.run(Runs.withCheckpointing(request, checkpoints)))).isEqualTo(one);
  }

  @Test
  void layersKeepTheBitsThatThePlanGivesThem() throws Exception {
    Plan plan =
        plan("bits=4").toBuilder()
            .override(LayerOverride.of("a").weightBits(8))
            .override(LayerOverride.of("b").with(PlanSettings.SKIP, true))
            .build();

    CalibrationResult result = run(plan);

    assertThat(bits(result)).containsEntry("a", 8).doesNotContainKey("b");
    assertThat(chosen(result).cost()).isLessThanOrEqualTo(4 * 3 * 144);
  }

  @Test
  void sizeCountsWhatTheFileHolds() throws Exception {
    int four = 144 / 2 + 4 * 4 + 4 / 2;
    int eight = 144 + 4 * 4 + 4;

    CalibrationResult result = run(plan("size=" + (2 * four + 2 * eight)));

    assertThat(chosen(result).cost()).isEqualTo(2 * four + 2 * eight);
    assertThat(bits(result).values()).containsExactlyInAnyOrder(4, 4, 8, 8);
  }

  @Test
  void bitOperationsCountMultiplicationsTimesBothWidths() throws Exception {
    long macs = 64L * 4 * 4 * 9;

    Plan eight = plan("bops=" + macs * (8 * 4 * 3)).toBuilder().activationBits(8).build();
    CalibrationResult result = run(eight);

    assertThat(chosen(result).cost())
        .isEqualTo(bits(result).values().stream().mapToLong(bits -> macs * 8 * bits).sum())
        .isLessThanOrEqualTo(macs * 8 * 4 * 3);
  }

  @Test
  void bitOperationsChooseBitsOfActivationsToo() throws Exception {
    long macs = 64L * 4 * 4 * 9;

    CalibrationResult result = run(plan("bops=" + macs * (5 * 4 * 4)));

    assertThat(chosen(result).cost())
        .isEqualTo(
            bits(result).entrySet().stream()
                .mapToLong(
                    layer -> macs * layer.getValue() * activationBits(result).get(layer.getKey()))
                .sum())
        .isLessThanOrEqualTo(macs * 5 * 4 * 4);
    assertThat(activationBits(result)).isNotEqualTo(Map.of("a", 8, "b", 8, "c", 8, "d", 8));
    assertThat(model(run(result.plan()))).isEqualTo(model(result));
  }

  @Test
  void aTableIsFollowed() throws Exception {
    Path table =
        Files.writeString(
            folder.resolve("cost.csv"),
            """
            layer,weights,activations,cost
            *,4,8,1.25
            *,8,8,2
            d,8,16,2.5
            a,3,8,1
            """);

    CalibrationResult result = run(plan("table=" + table + ":6.25"));

    assertThat(chosen(result).cost()).isLessThanOrEqualTo(6_250_000);
    assertThat(bits(result).values()).isSubsetOf(3, 4, 8);
    assertThat(activationBits(result)).containsEntry("a", 8).containsEntry("c", 8);
  }

  @Test
  void anImpossibleBudgetNamesThePossibleOnes() {
    Plan plan =
        plan("bits=3").toBuilder().override(LayerOverride.of("{a,b,c}").weightBits(4)).build();

    assertThatThrownBy(() -> run(plan))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "budget bits=3: found less than the layers take at their least bits; expected 3.500 to"
                + " 5.000");
  }

  @Test
  void oneLayerTakesAllOfTheBudget() throws Exception {
    StageGraph single =
        StageGraph.of(
            OnnxGraphs.opset(13)
                .input("x", -1, 8)
                .weight("w", 8, 8)
                .node("MatMul", "y", List.of("x", "w"))
                .output("y")
                .model());

    CalibrationResult result =
        Runs.run(Runs.request(single, plan("bits=5.5"), Runs.noise("x", 4, 8, 8)));

    assertThat(bits(result)).isEqualTo(Map.of("y", 5));
  }

  @Test
  void aRealNetworkLosesLessWithMoreBits() throws Exception {
    StageGraph resnet =
        StageGraph.of(Model.read(Path.of("src/examples/fashion-mnist/resnet14.onnx")));
    CalibrationRequest request =
        Runs.request(resnet, plan("bops=3e9"), Runs.noise("image", 2, 32, 1, 28, 28));
    WidthCosts costs = new WidthCosts(resnet, request.plan(), Budget.parse("bops=3e9"));
    ActorTestKit kit =
        ActorTestKit.create(
            ConfigFactory.parseResources("halfstep.conf").withFallback(ConfigFactory.load()));
    try {
      for (int l = 0; l < resnet.layers().size(); l += 5) {
        Layer layer = resnet.layers().get(l);
        LayerProbe probe = new LayerProbe(request, layer, true, ProgressListener.NONE);
        CompletableFuture<CalibrationResult> result = new CompletableFuture<>();
        kit.spawn(CalibrationActor.prepared(probe.request(), result));

        List<Assignment> options =
            probe.choice(result.get(60, TimeUnit.SECONDS), costs.of(layer)).options();

        assertThat(options).hasSize(7 * 8);
        for (Assignment coarse : options) {
          for (Assignment fine : options) {
            Bits less = coarse.bits().get(layer.name());
            Bits more = fine.bits().get(layer.name());
            if (more.weights() >= less.weights()
                && more.activations() >= less.activations()
                && !more.equals(less)) {
              assertThat(fine.error()).isLessThan(coarse.error());
            }
          }
        }
      }
    } finally {
      kit.shutdownTestKit();
    }
  }

  @Test
  void isCancelledBetweenLayers() throws Exception {
    CountDownLatch measuring = new CountDownLatch(1);
    Calibration run =
        Calibration.start(
            Runs.withListener(
                Runs.request(RESIDUAL, plan("bits=3"), DATA), progress -> measuring.countDown()));
    measuring.await();

    run.cancel();

    assertThatThrownBy(() -> run.result().get()).hasCauseInstanceOf(CancellationException.class);
  }
}
