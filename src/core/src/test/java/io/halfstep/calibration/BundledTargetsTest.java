package io.halfstep.calibration;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.export.QdqExport;
import io.halfstep.export.Samples;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.SaturatingLayers;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Schedule;
import io.halfstep.quantizer.Target;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The bundled networks for each target, on few samples; src/bench/targets.sh takes all. */
class BundledTargetsTest {
  private static final int SAMPLES = 32;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Target.class)
  void noneIsWorseThanRoundingToNearest(Target target) throws Exception {
    Plan plan = Plan.DEFAULT.toBuilder().target(target).schedule(Schedule.PARALLEL).build();
    SampleBatch images =
        new SampleBatch(
            0,
            0,
            SAMPLES,
            Map.of("image", Tensor.of(Samples.fashionMnist(SAMPLES), SAMPLES, 1, 28, 28)));
    for (String name : List.of("resnet14", "mobilenetv2")) {
      StageGraph graph = StageGraph.of(Model.read(Samples.FOLDER.resolve(name + ".onnx")).folded());
      QuantizedNetwork network =
          Runs.run(Runs.request(graph, plan, Runs.cut("image", List.of(images), 16))).network();
      assertThat(network.heldBack()).isEqualTo(SAMPLES / 8);
      assertThat(requireNonNull(network.outputSqnrDb().get("logits")))
          .isGreaterThanOrEqualTo(requireNonNull(network.nearestSqnrDb().get("logits")));
      Path file = folder.resolve("out.onnx");
      assertThat(QdqExport.write(network, file).outputs()).noneMatch(o -> o.isWorse());
      if (target == Target.ONNXRUNTIME_CPU_AVX2) {
        assertThat(SaturatingLayers.of(ModelProto.parseFrom(Files.readAllBytes(file)))).isEmpty();
      }
    }
  }
}
