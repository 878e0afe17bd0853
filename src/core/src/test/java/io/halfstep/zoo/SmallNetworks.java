package io.halfstep.zoo;

import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static io.halfstep.model.OnnxGraphs.real;

import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/** Small networks with random weights, one for each kind of architecture and each opset. */
public final class SmallNetworks {
  private static final int CALIBRATION = 128;
  private static final int TEST = 64;
  private static final int WORDS = 60;
  private static final Map<String, Supplier<OnnxGraphs>> ALL = new LinkedHashMap<>();

  static {
    ALL.put("lstm", () -> recurrent("LSTM", 4));
    ALL.put("gru", () -> recurrent("GRU", 3));
    ALL.put("conv1d", SmallNetworks::conv1d);
    ALL.put("conv3d", SmallNetworks::conv3d);
    ALL.put("two-outputs", SmallNetworks::twoOutputs);
    ALL.put("tied-weights", SmallNetworks::tiedWeights);
    for (int opset = 9; opset <= 22; opset++) {
      int version = opset;
      ALL.put("opset/" + opset, () -> ofOpset(version));
    }
  }

  private SmallNetworks() {}

  public static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  /** Writes the network of this name and its samples to a folder. */
  public static ZooNetwork write(String name, Path folder) throws IOException {
    Files.createDirectories(folder);
    OnnxGraphs graph = ALL.get(name).get();
    long[] sample =
        graph.model().inputs().get(0).shape().stream().skip(1).mapToLong(Long::longValue).toArray();
    boolean words = graph.model().inputs().get(0).name().equals("words");
    return new ZooNetwork(
        name,
        graph.write(folder.resolve("model.onnx")),
        NpyFiles.write(
            folder.resolve("calibration.npy"), samples(new Random(1), CALIBRATION, words, sample)),
        NpyFiles.write(folder.resolve("test.npy"), samples(new Random(2), TEST, words, sample)),
        TEST);
  }

  private static Tensor samples(Random random, int count, boolean words, long... sample) {
    long[] shape = LongStream.concat(LongStream.of(count), LongStream.of(sample)).toArray();
    return words
        ? Tensor.of(
            ElementType.INT64, random.longs(Tensor.elements(shape), 0, WORDS).toArray(), shape)
        : Tensor.of(correlated(random, Tensor.elements(shape)), shape);
  }

  /** Of variance 1; neighbours correlate by 0.8, as in signals and images. */
  static float[] correlated(Random random, int count) {
    float[] values = new float[count];
    float last = (float) random.nextGaussian();
    for (int i = 0; i < count; i++) {
      last = (float) (0.8 * last + 0.6 * random.nextGaussian());
      values[i] = last;
    }
    return values;
  }

  private static OnnxGraphs recurrent(String op, int gates) {
    int hidden = 24;
    return OnnxGraphs.opset(17)
        .input("x", -1, 12, 16)
        .weight("embed_w", 16, 20)
        .node("MatMul", "embedded", List.of("x", "embed_w"))
        .node("Transpose", "sequence", List.of("embedded"), ints("perm", 1, 0, 2))
        .weight("w", 1, (long) gates * hidden, 20)
        .weight("r", 1, (long) gates * hidden, hidden)
        .node(
            op,
            op,
            List.of("sequence", "w", "r"),
            List.of("states"),
            integer("hidden_size", hidden))
        .integers("direction", 1)
        .node("Squeeze", "squeezed", List.of("states", "direction"))
        .weight("head_w", hidden, 10)
        .node("MatMul", "scores", List.of("squeezed", "head_w"))
        .node("Transpose", "y", List.of("scores"), ints("perm", 1, 0, 2))
        .output("y");
  }

  private static OnnxGraphs conv1d() {
    OnnxGraphs graph =
        OnnxGraphs.opset(17)
            .input("x", -1, 4, 48)
            .weight("a_w", 16, 4, 5)
            .weight("a_b", 16)
            .node("Conv", "a", List.of("x", "a_w", "a_b"), ints("pads", 2, 2))
            .node("Relu", "a_relu", List.of("a"))
            .weight("b_w", 16, 8, 3)
            .node("Conv", "b", List.of("a_relu", "b_w"), ints("strides", 2), integer("group", 2))
            .node("Relu", "b_relu", List.of("b"))
            .weight("c_w", 16, 8, 4)
            .node("ConvTranspose", "c", List.of("b_relu", "c_w"), ints("strides", 2));
    return head(graph, "c", 8);
  }

  private static OnnxGraphs conv3d() {
    OnnxGraphs graph =
        OnnxGraphs.opset(17)
            .input("x", -1, 2, 6, 8, 8)
            .weight("a_w", 8, 2, 3, 3, 3)
            .node("Conv", "a", List.of("x", "a_w"), ints("pads", 1, 1, 1, 1, 1, 1))
            .node("Relu", "a_relu", List.of("a"))
            .weight("b_w", 12, 8, 3, 3, 3)
            .node("Conv", "b", List.of("a_relu", "b_w"), ints("strides", 1, 2, 2))
            .node("Relu", "b_relu", List.of("b"));
    return head(graph, "b_relu", 12);
  }

  /** A classifier over the mean of all positions. */
  private static OnnxGraphs head(OnnxGraphs graph, String from, long channels) {
    return graph
        .node("GlobalAveragePool", "pooled", List.of(from))
        .node("Flatten", "flat", List.of("pooled"))
        .weight("head_w", 10, channels)
        .weight("head_b", 10)
        .node("Gemm", "y", List.of("flat", "head_w", "head_b"), integer("transB", 1))
        .output("y");
  }

  /** Class scores, and a map of positions. */
  private static OnnxGraphs twoOutputs() {
    OnnxGraphs graph =
        image(OnnxGraphs.opset(17))
            .weight("map_w", 3, 12, 1, 1)
            .node("Conv", "map", List.of("a_relu", "map_w"));
    return head(graph, "a_relu", 12).output("map");
  }

  private static OnnxGraphs image(OnnxGraphs graph) {
    return graph
        .input("x", -1, 3, 12, 12)
        .weight("a_w", 12, 3, 3, 3)
        .node("Conv", "a", List.of("x", "a_w"), ints("pads", 1, 1, 1, 1))
        .batchNorm("a_norm", "a", 12)
        .node("Relu", "a_relu", List.of("a_norm"));
  }

  /** The table of the words is also the last layer's weight. */
  private static OnnxGraphs tiedWeights() {
    return OnnxGraphs.opset(17)
        .input("words", ElementType.INT64, -1, 10)
        .weight("table", WORDS, 24)
        .node("Gather", "vectors", List.of("table", "words"))
        .weight("hidden_w", 24, 24)
        .node("MatMul", "hidden", List.of("vectors", "hidden_w"))
        .node("Tanh", "hidden_tanh", List.of("hidden"))
        .node("Transpose", "table_t", List.of("table"), ints("perm", 1, 0))
        .node("MatMul", "y", List.of("hidden_tanh", "table_t"))
        .output("y");
  }

  /** With operators whose attributes became inputs: of Clip, Squeeze and ReduceMean. */
  private static OnnxGraphs ofOpset(int opset) {
    OnnxGraphs graph = image(OnnxGraphs.opset(opset));
    if (opset < 11) {
      graph.node("Clip", "clipped", List.of("a_relu"), real("min", 0), real("max", 3));
    } else {
      graph
          .initializer("low", Tensor.of(new float[] {0}))
          .initializer("high", Tensor.of(new float[] {3}))
          .node("Clip", "clipped", List.of("a_relu", "low", "high"));
    }
    graph
        .weight("b_w", 16, 12, 3, 3)
        .node("Conv", "b", List.of("clipped", "b_w"), ints("strides", 2, 2));
    graph.integers("spatial", 2, 3);
    if (opset < 18) {
      graph.node("ReduceMean", "mean", List.of("b"), ints("axes", 2, 3));
    } else {
      graph.node("ReduceMean", "mean", List.of("b", "spatial"));
    }
    if (opset < 13) {
      graph.node("Squeeze", "squeezed", List.of("mean"), ints("axes", 2, 3));
    } else {
      graph.node("Squeeze", "squeezed", List.of("mean", "spatial"));
    }
    return graph
        .weight("head_w", 16, 10)
        .weight("head_b", 10)
        .node("Gemm", "scores", List.of("squeezed", "head_w", "head_b"))
        .node("Softmax", "y", List.of("scores"), integer("axis", 1))
        .output("y");
  }
}
