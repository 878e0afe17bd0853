package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.export.ExportSummary;
import io.halfstep.export.QdqExport;
import io.halfstep.export.QuantizedLayer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.plan.Plan;
import io.halfstep.source.Dataset;
import io.halfstep.source.ImageSpec;
import io.halfstep.source.InputPort;
import io.halfstep.source.Normalization;
import io.halfstep.source.Sources;
import io.halfstep.tensor.ElementType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Resnet14Test {
  private static final Path EXAMPLES = Path.of("src/examples/fashion-mnist");

  @TempDir Path directory;

  @Test
  void learnsBetterThanNearestInEveryLayer() throws Exception {
    StageGraph graph = StageGraph.of(Model.read(EXAMPLES.resolve("resnet14.onnx")));
    Dataset data =
        Dataset.open(
            List.of(EXAMPLES.resolve("calibration.npz").toString()),
            List.of(new InputPort("image", ElementType.FLOAT, new long[] {-1, 1, 28, 28})),
            Normalization.parse("mean=0.2860,std=0.3530,scale=255"),
            ImageSpec.DEFAULT);
    CalibrationResult result =
        Calibration.start(
                new CalibrationRequest(
                    graph,
                    Plan.DEFAULT,
                    Sources.batches(data, 32, 1024),
                    1024,
                    Map::of,
                    2,
                    1L << 30,
                    directory,
                    1 << 24,
                    ProgressListener.NONE))
            .result()
            .get();
    assertThat(result.network().layers())
        .hasSize(16)
        .allSatisfy(layer -> assertThat(layer.ratio()).isLessThan(1));
    double meanRatio =
        result.network().layers().stream().mapToDouble(QuantizedLayer::ratio).average().orElse(1);
    assertThat(meanRatio).isLessThan(0.335);
    ExportSummary written = QdqExport.write(result.network(), directory.resolve("out.onnx"));
    assertThat(written.bytes()).isLessThan(Files.size(EXAMPLES.resolve("resnet14.onnx")) / 5);
  }
}
