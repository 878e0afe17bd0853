package io.halfstep.calibration;

import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.Tensor;
import java.util.List;

/**
 * Small networks {@code x [N, 4, 8, 8] → y} that join what has been learned at different depths.
 */
final class Networks {
  private Networks() {}

  private static OnnxGraphs conv(OnnxGraphs graph, String from, String to, int in, int out) {
    return graph
        .weight(to + "_w", out, in, 3, 3)
        .node("Conv", to, List.of(from, to + "_w"), OnnxGraphs.ints("pads", 1, 1, 1, 1));
  }

  private static OnnxGraphs start() {
    return OnnxGraphs.opset(13).input("x", -1, 4, 8, 8);
  }

  static OnnxGraphs residual() {
    OnnxGraphs g = start();
    conv(g, "x", "a", 4, 4).node("Relu", "ar", List.of("a"));
    conv(g, "ar", "b", 4, 4);
    g.node("Add", "s", List.of("b", "x")).node("Relu", "sr", List.of("s"));
    conv(g, "sr", "c", 4, 4).node("Relu", "cr", List.of("c"));
    conv(g, "cr", "d", 4, 4);
    return g.node("Add", "y", List.of("d", "sr")).output("y");
  }

  static OnnxGraphs inception() {
    OnnxGraphs g = start();
    conv(g, "x", "a", 4, 2);
    conv(g, "x", "b1", 4, 2);
    conv(g, "b1", "b2", 2, 2);
    conv(g, "x", "c1", 4, 2);
    conv(g, "c1", "c2", 2, 2);
    conv(g, "c2", "c3", 2, 2);
    g.node("AveragePool", "p", List.of("x"), OnnxGraphs.ints("kernel_shape", 1, 1));
    g.node("Concat", "j", List.of("a", "b2", "c3", "p"), OnnxGraphs.integer("axis", 1));
    conv(g, "j", "y", 10, 3);
    return g.output("y");
  }

  static OnnxGraphs dense() {
    OnnxGraphs g = start();
    conv(g, "x", "a", 4, 2);
    g.node("Concat", "xa", List.of("x", "a"), OnnxGraphs.integer("axis", 1));
    conv(g, "xa", "b", 6, 2);
    g.node("Concat", "xab", List.of("x", "a", "b"), OnnxGraphs.integer("axis", 1));
    conv(g, "xab", "c", 8, 2);
    g.node("Concat", "xabc", List.of("x", "a", "b", "c"), OnnxGraphs.integer("axis", 1));
    conv(g, "xabc", "y", 10, 2);
    return g.output("y");
  }

  static OnnxGraphs unet() {
    OnnxGraphs g = start();
    conv(g, "x", "e1", 4, 4);
    pool(g, "e1", "p1");
    conv(g, "p1", "e2", 4, 4);
    pool(g, "e2", "p2");
    conv(g, "p2", "m", 4, 4);
    up(g, "m", "u2");
    g.node("Concat", "j2", List.of("u2", "e2"), OnnxGraphs.integer("axis", 1));
    conv(g, "j2", "d2", 8, 4);
    up(g, "d2", "u1");
    g.node("Concat", "j1", List.of("u1", "e1"), OnnxGraphs.integer("axis", 1));
    conv(g, "j1", "y", 8, 2);
    return g.output("y").output("m");
  }

  static OnnxGraphs inputToTheEnd() {
    OnnxGraphs g = start();
    conv(g, "x", "a", 4, 4);
    conv(g, "a", "b", 4, 4);
    conv(g, "b", "c", 4, 4);
    return g.node("Add", "y", List.of("c", "x")).output("y").output("a");
  }

  /** A channel with large values, as in transformers, which two layers and a residual path read. */
  static OnnxGraphs outlier() {
    return start()
        .weight("w1", 8, 8)
        .node("MatMul", "a", List.of("x", "w1"))
        .initializer("gain", Tensor.of(new float[] {1, 1, 300, 1, 1, 1, 1, 1}, 8))
        .node("Mul", "t", List.of("a", "gain"))
        .weight("w2", 8, 8)
        .node("MatMul", "b", List.of("t", "w2"))
        .weight("w3", 8, 8)
        .node("MatMul", "c", List.of("t", "w3"))
        .node("Relu", "r", List.of("b"))
        .node("Add", "rc", List.of("r", "c"))
        .node("Div", "d", List.of("t", "gain"))
        .node("Add", "s", List.of("rc", "d"))
        .weight("w4", 8, 3)
        .node("MatMul", "y", List.of("s", "w4"))
        .output("y");
  }

  /** Attention of the rows of an image. */
  static OnnxGraphs attention() {
    return start()
        .weight("w1", 8, 8)
        .node("MatMul", "q", List.of("x", "w1"))
        .weight("w2", 8, 8)
        .node("MatMul", "k", List.of("x", "w2"))
        .node("Transpose", "kt", List.of("k"), OnnxGraphs.ints("perm", 0, 1, 3, 2))
        .node("MatMul", "scores", List.of("q", "kt"))
        .node("Softmax", "p", List.of("scores"), OnnxGraphs.integer("axis", -1))
        .node("Relu", "v", List.of("x"))
        .node("MatMul", "mixed", List.of("p", "v"))
        .weight("w3", 8, 8)
        .node("MatMul", "y", List.of("mixed", "w3"))
        .output("y");
  }

  /** An embedding table and a recurrent layer, between layers. */
  static OnnxGraphs stored() {
    return start()
        .node("Sigmoid", "share", List.of("x"))
        .initializer("last", Tensor.of(new float[] {99}))
        .node("Mul", "place", List.of("share", "last"))
        .node("Cast", "words", List.of("place"), OnnxGraphs.integer("to", 7))
        .weight("table", 100, 16)
        .node("Gather", "vectors", List.of("table", "words"))
        .weight("w1", 16, 4)
        .node("MatMul", "a", List.of("vectors", "w1"))
        .integers("shape", 0, 64, 16)
        .node("Reshape", "positions", List.of("a", "shape"))
        .node("Transpose", "sequence", List.of("positions"), OnnxGraphs.ints("perm", 1, 0, 2))
        .weight("w", 1, 64, 16)
        .weight("r", 1, 64, 16)
        .node("LSTM", "s", List.of("sequence", "w", "r"), OnnxGraphs.integer("hidden_size", 16))
        .weight("w2", 16, 8)
        .node("MatMul", "b", List.of("s", "w2"))
        .node("Transpose", "turned", List.of("b"), OnnxGraphs.ints("perm", 2, 0, 1, 3))
        .weight("w3", 8, 8)
        .node("MatMul", "y", List.of("turned", "w3"))
        .output("y");
  }

  private static void pool(OnnxGraphs g, String from, String to) {
    g.node(
        "MaxPool",
        to,
        List.of(from),
        OnnxGraphs.ints("kernel_shape", 2, 2),
        OnnxGraphs.ints("strides", 2, 2));
  }

  private static void up(OnnxGraphs g, String from, String to) {
    g.weight(to + "_w", 4, 4, 2, 2)
        .node("ConvTranspose", to, List.of(from, to + "_w"), OnnxGraphs.ints("strides", 2, 2));
  }
}
