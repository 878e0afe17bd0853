package io.halfstep.zoo;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.model.LayerOperators;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/**
 * ONNX's own tests of its operators, from Debian's {@code libonnx-testdata}: those with an operator
 * whose weights are quantized.
 */
public final class NodeTests {
  private static final Path FOLDER = Path.of("/usr/share/libonnx-testdata/data/node");

  private static final int MOST_BATCHES = 32;
  private static final int MOST_VALUES = 500_000;

  private NodeTests() {}

  /** The tests' names, such as {@code test_matmul_2d}; none if the package is missing. */
  public static List<String> names() {
    if (!Files.isDirectory(FOLDER)) {
      return List.of();
    }
    try (Stream<Path> files = Files.find(FOLDER, 2, (file, about) -> file.endsWith("model.onnx"))) {
      return files
          .filter(file -> read(file).getGraph().getNodeList().stream().anyMatch(NodeTests::isLayer))
          .map(file -> FOLDER.relativize(file.getParent()).toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes a test as a network: the weights and biases, which some tests feed as inputs, are
   * constants; the samples are the test's own and normal noise of the same mean and deviation.
   */
  public static ZooNetwork write(String name, Path folder) throws IOException {
    Files.createDirectories(folder);
    ModelProto model = read(FOLDER.resolve(name).resolve("model.onnx"));
    Map<String, Tensor> fed = inputs(name, model.getGraph());
    Set<String> constants = constants(model.getGraph());
    ModelProto.Builder constant = model.toBuilder();
    GraphProto.Builder graph = constant.getGraphBuilder().clearInput();
    model.getGraph().getInputList().stream()
        .filter(input -> !constants.contains(input.getName()))
        .forEach(graph::addInput);
    fed.forEach(
        (input, tensor) -> {
          if (constants.contains(input)) {
            graph.addInitializer(TensorProtos.encode(input, tensor));
          }
        });
    fed.keySet().removeAll(constants);
    return new ZooNetwork(
        name,
        Files.write(folder.resolve("model.onnx"), constant.build().toByteArray()),
        NpyFiles.write(folder.resolve("calibration.npz"), alike(fed, true, new Random(1))),
        NpyFiles.write(folder.resolve("test.npz"), alike(fed, false, new Random(2))),
        1);
  }

  /** What the test feeds, without its weights. */
  public static Map<String, Tensor> inputs(String name) {
    GraphProto graph = read(FOLDER.resolve(name).resolve("model.onnx")).getGraph();
    Map<String, Tensor> inputs = inputs(name, graph);
    inputs.keySet().removeAll(constants(graph));
    return inputs;
  }

  /** What the test expects of its first output. */
  public static Tensor expected(String name) {
    return tensor(FOLDER.resolve(name).resolve("test_data_set_0/output_0.pb"));
  }

  private static boolean isLayer(NodeProto node) {
    return LayerOperators.of(node) != null;
  }

  /** The inputs that a layer does not read as its first. */
  private static Set<String> constants(GraphProto graph) {
    Set<String> constants = new HashSet<>();
    for (NodeProto node : graph.getNodeList()) {
      if (isLayer(node)) {
        constants.addAll(node.getInputList().subList(1, node.getInputCount()));
      }
    }
    return constants;
  }

  private static Map<String, Tensor> inputs(String name, GraphProto graph) {
    Set<String> initializers = new HashSet<>();
    graph.getInitializerList().forEach(tensor -> initializers.add(tensor.getName()));
    List<String> inputs = new ArrayList<>();
    graph.getInputList().forEach(input -> inputs.add(input.getName()));
    inputs.removeAll(initializers);
    Map<String, Tensor> fed = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      Path file = FOLDER.resolve(name).resolve("test_data_set_0/input_" + i + ".pb");
      fed.put(inputs.get(i), tensor(file));
    }
    return fed;
  }

  private static Map<String, Tensor> alike(Map<String, Tensor> fed, boolean own, Random random) {
    int values = fed.values().stream().mapToInt(Tensor::size).sum();
    int batches = Math.max(2, Math.min(MOST_BATCHES, MOST_VALUES / values));
    Map<String, Tensor> samples = new HashMap<>();
    fed.forEach(
        (input, tensor) -> {
          List<Tensor> parts = new ArrayList<>(own ? List.of(tensor) : List.of());
          while (parts.size() < batches) {
            parts.add(noise(tensor, random));
          }
          samples.put(input, Tensor.concatenate(parts));
        });
    return samples;
  }

  private static Tensor noise(Tensor like, Random random) {
    double sum = 0;
    double squares = 0;
    for (float x : like.floats()) {
      sum += x;
      squares += (double) x * x;
    }
    double mean = sum / like.size();
    double deviation = Math.sqrt(Math.max(0, squares / like.size() - mean * mean));
    float[] values = new float[like.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (mean + deviation * random.nextGaussian());
    }
    return Tensor.of(values, like.shape());
  }

  private static ModelProto read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return ModelProto.parseFrom(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Tensor tensor(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return TensorProtos.decode(TensorProto.parseFrom(in));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
