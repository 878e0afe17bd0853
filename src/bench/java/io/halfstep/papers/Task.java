package io.halfstep.papers;

import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.source.Dataset;
import io.halfstep.source.Labels;
import io.halfstep.stage.LayerInputs;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A network that classifies, and its data.
 *
 * @param path of the network
 * @param data to learn from, as for {@code --data}
 * @param graph the network with batch norms folded
 * @param calibration images without labels, batch by batch
 * @param test images, batch by batch
 * @param labels of these
 */
record Task(
    Path path,
    String data,
    StageGraph graph,
    List<Tensor> calibration,
    List<Tensor> test,
    long[] labels) {
  static final float MEAN = 0.2860f;
  static final float DEVIATION = 0.3530f;
  static final String NORMALIZATION = "mean=" + MEAN + ",std=" + DEVIATION + ",scale=255";

  /**
   * What a network is worth on test images.
   *
   * @param top1 accuracy, in %
   * @param loss mean cross-entropy, in nats
   */
  record Score(double top1, double loss) {}

  /**
   * Opens one of the bundled networks.
   *
   * @param folder of networks and data
   * @param testImages the first ones that are used
   */
  static Task open(Path folder, String network, long testImages) {
    Path path = folder.resolve(network + ".onnx");
    StageGraph graph = StageGraph.of(Model.read(path));
    String data = folder.resolve("calibration.npz") + ":images";
    return new Task(
        path,
        data,
        graph,
        images(graph, data, Dataset.ALL),
        images(graph, folder.resolve("test.npz") + ":images", testImages),
        Labels.read(folder.resolve("test.npz") + ":labels"));
  }

  private static List<Tensor> images(StageGraph graph, String data, long samples) {
    return LayerInputs.samples(graph.model(), data, NORMALIZATION, samples);
  }

  /** Returns the name of the network's file, without extension. */
  String name() {
    return path.getFileName().toString().replace(".onnx", "");
  }

  /** Measures a network with the same inputs and outputs on the test images. */
  Score score(Model network) {
    return score(network.proto().toByteArray());
  }

  /** Measures an ONNX file. */
  Score score(byte[] network) {
    String input = graph.model().inputs().get(0).name();
    String output = graph.model().outputs().get(0).name();
    int right = 0;
    int count = 0;
    double loss = 0;
    try (OnnxProgram program = OnnxProgram.load(network)) {
      for (Tensor batch : test) {
        Tensor logits = program.run(Map.of(input, batch), output);
        int classes = Math.toIntExact(logits.dim(1));
        for (int n = 0; n < logits.dim(0); n++) {
          int label = Math.toIntExact(labels[count++]);
          double[] row = new double[classes];
          int best = 0;
          for (int c = 0; c < classes; c++) {
            row[c] = logits.floats()[n * classes + c];
            best = row[c] > row[best] ? c : best;
          }
          double sum = 0;
          for (double logit : row) {
            sum += Math.exp(logit - row[best]);
          }
          right += best == label ? 1 : 0;
          loss += row[best] - row[label] + Math.log(sum);
        }
      }
    }
    return new Score(100.0 * right / count, loss / count);
  }
}
