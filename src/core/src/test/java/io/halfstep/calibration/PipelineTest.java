package io.halfstep.calibration;

import static io.halfstep.model.OnnxGraphs.body;
import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static io.halfstep.model.OnnxGraphs.real;
import static io.halfstep.model.OnnxGraphs.tensor;
import static io.halfstep.model.OnnxGraphs.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import akka.stream.javadsl.Source;
import io.halfstep.export.QdqExport;
import io.halfstep.export.QdqModel;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.ActivationGrid;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.quantizer.ChannelFactors;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.IntegerBias;
import io.halfstep.quantizer.Target;
import io.halfstep.ranges.Kl;
import io.halfstep.ranges.OutputMse;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorValues;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Graphs of every kind through the whole pipeline, from the model to ONNX Runtime. What the
 * exported model loses against the original is what the actors saw their student lose.
 */
class PipelineTest {
  private static final double AT_LEAST_DB = 8;

  private record Case(Model model, List<SampleBatch> data) {}

  static Stream<Arguments> graphs() {
    Map<String, Case> cases = new LinkedHashMap<>();
    for (int opset : new int[] {7, 8, 9, 10, 11, 12, 13, 15, 17, 18, 20, 21, 22, 23}) {
      cases.put("opset " + opset, onImages(opset(opset)));
    }
    cases.put("If", onImages(conditional()));
    cases.put("Loop", onImages(loop()));
    cases.put("Scan", onImages(scan()));
    cases.put("a layer inside a body", onImages(layerInBody()));
    cases.put("a function", new Case(function(), Runs.noise("x", 4, 3, 6)));
    cases.put("weights that are inputs", new Case(weightsAsInputs(), Runs.noise("x", 4, 3, 6)));
    cases.put("sequences of any length", sequences());
    cases.put("token ids of any length", tokens());
    cases.put("pictures of any size", anySize());
    cases.put("shared weights", onRows(shared()));
    cases.put("a stack of weights", on(stack(), 2, 5, 6));
    cases.put("a stack of weights for one input", onRows(stackOfOneInput()));
    cases.put(
        "a stack of weights for each batch", new Case(experts(), Runs.noise("x", 3, 4, 5, 6)));
    cases.put("constants in nodes", onRows(constantNodes()));
    cases.put("an operator beside the layer that reads the same", onImages(beside()));
    cases.put("outputs on the way", onImages(manyOutputs()));
    cases.put("1-D", on(oneDimensional(), 4, 21));
    cases.put("3-D", on(threeDimensional(), 2, 5, 6, 7));
    cases.put("transposed", onImages(transposed()));
    cases.put("Gemm", onRows(gemm()));
    cases.put("odd names", onRows(oddNames()));
    cases.put("batch of fixed size", onRows(fixedBatch()));
    cases.put("channels of other sizes", onImages(Networks.outlier()));
    cases.put("rows in pieces", new Case(wide().model(), Runs.noise("x", 2, 3, 8200)));
    return cases.entrySet().stream().map(c -> Arguments.of(c.getKey(), c.getValue()));
  }

  private static Case onImages(OnnxGraphs graph) {
    return on(graph, 4, 8, 8);
  }

  private static Case onRows(OnnxGraphs graph) {
    return on(graph, 6);
  }

  private static Case on(OnnxGraphs graph, long... sampleShape) {
    return new Case(graph.model(), Runs.noise("x", 4, 3, sampleShape));
  }

  private static OnnxGraphs images(int opset) {
    return OnnxGraphs.opset(opset).input("x", -1, 4, 8, 8);
  }

  private static OnnxGraphs rows(int opset) {
    return OnnxGraphs.opset(opset).input("x", -1, 6);
  }

  private static OnnxGraphs conv(OnnxGraphs graph, String from, String to, int in, int out) {
    return graph
        .weight(to + "_w", out, in, 3, 3)
        .weight(to + "_b", out)
        .node("Conv", to, List.of(from, to + "_w", to + "_b"), ints("pads", 1, 1, 1, 1));
  }

  /** What changed most from version to version. */
  private static OnnxGraphs opset(int opset) {
    OnnxGraphs g = conv(images(opset), "x", "c", 4, 6);
    if (opset == 7 || opset == 8) {
      g.batchNorm("n", "c", 6, integer("spatial", 1));
    } else {
      g.batchNorm("n", "c", 6);
    }
    if (opset < 11) {
      g.node("Clip", "r", List.of("n"), real("min", 0), real("max", 6));
    } else {
      g.initializer("zero", Tensor.of(new float[] {0}))
          .initializer("six", Tensor.of(new float[] {6}))
          .node("Clip", "r", List.of("n", "zero", "six"));
    }
    if (opset < 11) {
      g.node(
          "Pad", "p", List.of("r"), ints("pads", 0, 0, 1, 0, 0, 0, 0, 1), text("mode", "reflect"));
    } else {
      g.integers("pads", 0, 0, 1, 0, 0, 0, 0, 1)
          .node("Pad", "p", List.of("r", "pads"), text("mode", "reflect"));
    }
    conv(g, "p", "d", 6, 5);
    if (opset < 13) {
      g.node("Squeeze", "s", List.of("m"), ints("axes", 2, 3));
    } else {
      g.integers("axes", 2, 3).node("Squeeze", "s", List.of("m", "axes"));
    }
    g.node("GlobalAveragePool", "m", List.of("d"));
    return g.weight("w", 7, 5)
        .weight("b", 7)
        .node("Gemm", "l", List.of("s", "w", "b"), integer("transB", 1))
        .node("Softmax", "y", List.of("l"))
        .output("y")
        .output("l");
  }

  /** Two matrices for each sample, as of two heads. */
  private static OnnxGraphs stack() {
    return OnnxGraphs.opset(17)
        .input("x", -1, 2, 5, 6)
        .weight("w", 2, 6, 4)
        .weight("v", 1, 2, 4, 3)
        .node("MatMul", "a", List.of("x", "w"))
        .node("Relu", "b", List.of("a"))
        .node("MatMul", "y", List.of("b", "v"))
        .output("y");
  }

  /** Every matrix multiplies the same rows, each a sample. */
  private static OnnxGraphs stackOfOneInput() {
    return rows(17)
        .weight("w", 3, 6, 4)
        .weight("v", 3, 4, 2)
        .node("MatMul", "a", List.of("x", "w"))
        .node("Tanh", "b", List.of("a"))
        .node("MatMul", "c", List.of("b", "v"))
        .node("Transpose", "y", List.of("c"), ints("perm", 1, 0, 2))
        .output("y");
  }

  /** The first axis of a layer's input counts its matrices, the second the samples. */
  private static Model experts() {
    return OnnxGraphs.opset(17)
        .input("x", -1, 5, 6)
        .weight("w", 5, 6, 4)
        .weight("v", 5, 4, 2)
        .node("Transpose", "t", List.of("x"), ints("perm", 1, 0, 2))
        .node("MatMul", "a", List.of("t", "w"))
        .node("Relu", "b", List.of("a"))
        .node("MatMul", "c", List.of("b", "v"))
        .node("Transpose", "y", List.of("c"), ints("perm", 1, 0, 2))
        .output("y")
        .model();
  }

  private static OnnxGraphs conditional() {
    OnnxGraphs g = conv(images(17), "x", "a", 4, 4);
    conv(g, "a", "b", 4, 4);
    g.weight("outer", 4, 1, 1)
        .node("ReduceMax", "most", List.of("b"), integer("keepdims", 0))
        .initializer("limit", Tensor.of(new float[] {1}))
        .node("Greater", "large", List.of("most", "limit"));
    OnnxGraphs then =
        OnnxGraphs.opset(17)
            .node("Mul", "t0", List.of("a", "outer"))
            .node("Add", "t", List.of("t0", "b"))
            .output("t");
    OnnxGraphs otherwise = OnnxGraphs.opset(17).node("Sub", "e", List.of("b", "x")).output("e");
    g.node("If", "i", List.of("large"), body("then_branch", then), body("else_branch", otherwise));
    return conv(g, "i", "y", 4, 2).output("y");
  }

  private static OnnxGraphs loop() {
    OnnxGraphs g = conv(images(17), "x", "a", 4, 4);
    g.node("Tanh", "start", List.of("a"))
        .initializer("times", Tensor.of(ElementType.INT64, new long[] {3}))
        .initializer("on", Tensor.of(ElementType.BOOL, new byte[] {1}))
        .initializer("half", Tensor.of(new float[] {0.5f}));
    OnnxGraphs turn =
        OnnxGraphs.opset(17)
            .input("i", ElementType.INT64)
            .input("go", ElementType.BOOL)
            .input("state", -1, 4, 8, 8)
            .node("Mul", "scaled", List.of("state", "half"))
            .node("Add", "next", List.of("scaled", "a"))
            .node("Identity", "going", List.of("go"))
            .output("going", ElementType.BOOL)
            .output("next");
    g.node("Loop", "l", List.of("times", "on", "start"), body("body", turn));
    return conv(g, "l", "y", 4, 2).output("y");
  }

  private static OnnxGraphs scan() {
    OnnxGraphs g = conv(images(17), "x", "a", 4, 4);
    g.node("ReduceMean", "start", List.of("a"), ints("axes", 3), integer("keepdims", 0));
    OnnxGraphs step =
        OnnxGraphs.opset(17)
            .input("sum", -1, 4, 8)
            .input("column", -1, 4, 8)
            .node("Add", "added", List.of("sum", "column"))
            .node("Mul", "scaled", List.of("added", "start"))
            .node("Identity", "out", List.of("scaled"))
            .output("added", ElementType.FLOAT, -1, 4, 8)
            .output("out", ElementType.FLOAT, -1, 4, 8);
    g.node(
        "Scan",
        "s",
        List.of("start", "a"),
        List.of("last", "columns"),
        body("body", step),
        integer("num_scan_inputs", 1),
        ints("scan_input_axes", 3),
        ints("scan_output_axes", 3));
    return conv(g, "columns", "y", 4, 2).output("y").output("last");
  }

  private static OnnxGraphs layerInBody() {
    OnnxGraphs g = conv(images(17), "x", "a", 4, 4);
    g.weight("limit", 1)
        .node("ReduceMax", "most", List.of("a"), integer("keepdims", 0))
        .node("Greater", "large", List.of("most", "limit"));
    OnnxGraphs then = conv(OnnxGraphs.opset(17), "a", "t", 4, 4).output("t");
    OnnxGraphs otherwise = OnnxGraphs.opset(17).node("Neg", "e", List.of("a")).output("e");
    g.node("If", "i", List.of("large"), body("then_branch", then), body("else_branch", otherwise));
    return conv(g, "i", "y", 4, 2).output("y");
  }

  private static Model function() {
    OnnxGraphs inside = OnnxGraphs.opset(17).node("Relu", "r", List.of("a"));
    ModelProto.Builder model =
        rows(17)
            .weight("v", 6, 6)
            .weight("w", 6, 4)
            .node("MatMul", "b", List.of("x", "v"))
            .node(
                NodeProto.newBuilder()
                    .setOpType("Rectify")
                    .setDomain("local")
                    .addInput("b")
                    .addOutput("c")
                    .build())
            .node("MatMul", "y", List.of("c", "w"))
            .output("y")
            .proto()
            .toBuilder();
    OperatorSetIdProto standard = model.getOpsetImport(0);
    model
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("local").setVersion(1))
        .addFunctions(
            FunctionProto.newBuilder()
                .setName("Rectify")
                .setDomain("local")
                .addInput("a")
                .addOutput("r")
                .addAllNode(inside.graph().getNodeList())
                .addOpsetImport(standard));
    return Model.of(Path.of("function.onnx"), model.build());
  }

  /** As before IR version 4: every initializer is an input with a default. */
  private static Model weightsAsInputs() {
    ModelProto.Builder model = gemm().proto().toBuilder().setIrVersion(3);
    for (TensorProto tensor : model.getGraph().getInitializerList()) {
      long[] shape = tensor.getDimsList().stream().mapToLong(d -> d).toArray();
      model
          .getGraphBuilder()
          .addInput(OnnxGraphs.opset(17).input(tensor.getName(), shape).graph().getInput(0));
    }
    return Model.of(Path.of("inputs.onnx"), model.build());
  }

  private static Case sequences() {
    OnnxGraphs g =
        OnnxGraphs.opset(17)
            .input("x", -1, -1, 12)
            .weight("w", 12, 16)
            .weight("v", 16, 5)
            .node("MatMul", "a", List.of("x", "w"))
            .node("Tanh", "b", List.of("a"))
            .node("MatMul", "c", List.of("b", "v"))
            .node("ReduceMean", "y", List.of("c"), ints("axes", 1))
            .output("y")
            .output("c");
    return new Case(
        g.model(),
        numbered(
            Runs.noise("x", 2, 3, 4, 12),
            Runs.noise("x", 1, 2, 9, 12),
            Runs.noise("x", 1, 1, 1, 12)));
  }

  private static Case tokens() {
    OnnxGraphs g =
        OnnxGraphs.opset(14)
            .input("ids", ElementType.INT64, -1, -1)
            .input("mask", ElementType.INT64, -1, -1)
            .weight("embedding", 20, 12)
            .weight("w", 12, 12)
            .weight("v", 12, 3)
            .node("Gather", "e", List.of("embedding", "ids"))
            .node("MatMul", "q", List.of("e", "w"))
            .node("Transpose", "et", List.of("e"), ints("perm", 0, 2, 1))
            .node("MatMul", "scores", List.of("q", "et"))
            .integers("axis", 1)
            .node("Unsqueeze", "m", List.of("mask", "axis"))
            .node("Cast", "mf", List.of("m"), integer("to", ElementType.FLOAT.onnx()))
            .node("Mul", "masked", List.of("scores", "mf"))
            .node("Softmax", "p", List.of("masked"), integer("axis", -1))
            .node("MatMul", "mixed", List.of("p", "e"))
            .node("MatMul", "y", List.of("mixed", "v"))
            .output("y");
    Random random = new Random(5);
    List<SampleBatch> data = new ArrayList<>();
    int[][] shapes = {{2, 7}, {3, 2}, {1, 11}, {4, 5}};
    int samples = 0;
    for (int[] shape : shapes) {
      int size = shape[0] * shape[1];
      long[] ids = random.longs(size, 0, 20).toArray();
      long[] mask = random.longs(size, 0, 2).toArray();
      data.add(
          new SampleBatch(
              data.size(),
              samples,
              shape[0],
              Map.of(
                  "ids", Tensor.of(ElementType.INT64, ids, shape[0], shape[1]),
                  "mask", Tensor.of(ElementType.INT64, mask, shape[0], shape[1]))));
      samples += shape[0];
    }
    return new Case(g.model(), data);
  }

  private static Case anySize() {
    OnnxGraphs g = conv(OnnxGraphs.opset(13).input("x", -1, 4, -1, -1), "x", "a", 4, 4);
    g.node("Relu", "r", List.of("a"));
    conv(g, "r", "y", 4, 2).output("y");
    return new Case(
        g.model(), numbered(Runs.noise("x", 2, 2, 4, 8, 6), Runs.noise("x", 2, 1, 4, 5, 11)));
  }

  @SafeVarargs
  private static List<SampleBatch> numbered(List<SampleBatch>... parts) {
    List<SampleBatch> all = new ArrayList<>();
    long samples = 0;
    for (List<SampleBatch> part : parts) {
      for (SampleBatch batch : part) {
        all.add(new SampleBatch(all.size(), samples, batch.samples(), batch.inputs()));
        samples += batch.samples();
      }
    }
    return all;
  }

  private static OnnxGraphs shared() {
    return rows(17)
        .weight("w", 6, 6)
        .weight("b", 6)
        .node("Gemm", "a", List.of("x", "w", "b"))
        .node("Relu", "r", List.of("a"))
        .node("Gemm", "c", List.of("r", "w", "b"))
        .node("Gemm", "d", List.of("c", "w", "b"), integer("transB", 1))
        .node("MatMul", "e", List.of("d", "w"))
        .node("Add", "f", List.of("e", "b"))
        .node("MatMul", "y", List.of("f", "w"))
        .node("ReduceSum", "s", List.of("w"), integer("keepdims", 0))
        .node("Add", "z", List.of("y", "s"))
        .output("z");
  }

  private static OnnxGraphs constantNodes() {
    Random random = new Random(3);
    float[] values = new float[36];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return rows(13)
        .weight("w0", 6, 6)
        .node("Identity", "w1", List.of("w0"))
        .node("Transpose", "w2", List.of("w1"))
        .node("Constant", "c", List.of(), tensor("value", Tensor.of(values, 6, 6)))
        .node("MatMul", "a", List.of("x", "w2"))
        .node("Relu", "r", List.of("a"))
        .node("MatMul", "b", List.of("r", "c"))
        .node("MatMul", "y", List.of("b", "w1"))
        .output("y");
  }

  private static OnnxGraphs beside() {
    OnnxGraphs g = conv(images(17), "x", "a", 4, 4);
    g.node("Relu", "r", List.of("a"));
    conv(g, "r", "b", 4, 4);
    g.node("MaxPool", "p", List.of("r"), ints("kernel_shape", 3, 3), ints("pads", 1, 1, 1, 1))
        .node("Mul", "q", List.of("p", "p"));
    conv(g, "q", "c", 4, 4);
    g.node("Sub", "d", List.of("q", "r"))
        .node("Sum", "s", List.of("b", "c", "d"))
        .node("Sub", "t", List.of("x", "s"));
    return conv(g, "t", "y", 4, 2).output("y").output("d");
  }

  private static OnnxGraphs manyOutputs() {
    OnnxGraphs g = conv(images(17), "x", "a", 4, 4);
    g.node("Relu", "r", List.of("a"))
        .node("Split", "split", List.of("r"), List.of("h", "k"), integer("axis", 1));
    conv(g, "h", "b", 2, 4);
    conv(g, "k", "c", 2, 4);
    return g.node("Shape", "shape", List.of("b"))
        .node("Cast", "double", List.of("c"), integer("to", ElementType.DOUBLE.onnx()))
        .node("Mul", "y", List.of("b", "c"))
        .output("y")
        .output("r")
        .output("k")
        .output("b")
        .output("shape", ElementType.INT64)
        .output("double", ElementType.DOUBLE);
  }

  private static OnnxGraphs oneDimensional() {
    return OnnxGraphs.opset(17)
        .input("x", -1, 4, 21)
        .weight("v", 6, 2, 3)
        .weight("vb", 6)
        .weight("w", 3, 6, 4)
        .node(
            "Conv",
            "a",
            List.of("x", "v", "vb"),
            integer("group", 2),
            ints("dilations", 2),
            ints("pads", 1, 3))
        .node("Relu", "r", List.of("a"))
        .node("Conv", "y", List.of("r", "w"), ints("strides", 3), text("auto_pad", "SAME_LOWER"))
        .output("y");
  }

  private static OnnxGraphs threeDimensional() {
    return OnnxGraphs.opset(17)
        .input("x", -1, 2, 5, 6, 7)
        .weight("v", 4, 2, 2, 3, 1)
        .weight("w", 4, 1, 3, 3, 3)
        .weight("wb", 4)
        .node(
            "Conv",
            "a",
            List.of("x", "v"),
            ints("strides", 1, 2, 1),
            ints("pads", 1, 0, 0, 0, 1, 2))
        .node("Relu", "r", List.of("a"))
        .node(
            "Conv",
            "y",
            List.of("r", "w", "wb"),
            integer("group", 4),
            text("auto_pad", "SAME_UPPER"))
        .output("y");
  }

  private static OnnxGraphs transposed() {
    return images(17)
        .weight("v", 4, 3, 3, 2)
        .weight("vb", 6)
        .weight("w", 6, 2, 3, 3)
        .weight("wb", 2)
        .node(
            "ConvTranspose",
            "a",
            List.of("x", "v", "vb"),
            integer("group", 2),
            ints("strides", 2, 3),
            ints("pads", 1, 0, 0, 1),
            ints("output_padding", 1, 2))
        .node("Relu", "r", List.of("a"))
        .node("ConvTranspose", "y", List.of("r", "w", "wb"), ints("dilations", 2, 1))
        .output("y");
  }

  private static OnnxGraphs gemm() {
    return rows(17)
        .weight("v", 6, 9)
        .weight("vb", 9)
        .weight("w", 5, 9)
        .weight("wb", 1, 5)
        .node("Transpose", "xt", List.of("x"))
        .node("Gemm", "a", List.of("xt", "v", "vb"), integer("transA", 1), real("alpha", 0.5f))
        .node("Relu", "r", List.of("a"))
        .node("Gemm", "y", List.of("r", "w", "wb"), integer("transB", 1), real("beta", 2))
        .output("y");
  }

  private static OnnxGraphs oddNames() {
    return OnnxGraphs.opset(13)
        .input("x", -1, 6)
        .weight("w:0", 6, 6)
        .weight("$/w ü", 6, 6)
        .weight("w_scale", 6, 6)
        .node("MatMul", "", List.of("x", "w:0"), List.of("a b/c"))
        .node("Relu", " ", List.of("a b/c"), List.of("a b/c_quantized"))
        .node("MatMul", "$", List.of("a b/c_quantized", "$/w ü"), List.of("ö::0"))
        .node("MatMul", "operators-1", List.of("ö::0", "w_scale"), List.of("y"))
        .output("y");
  }

  private static OnnxGraphs fixedBatch() {
    return OnnxGraphs.opset(13)
        .input("x", 3, 6)
        .weight("v", 6, 8)
        .weight("w", 12, 4)
        .integers("shape", 2, 12)
        .node("MatMul", "a", List.of("x", "v"))
        .node("Reshape", "r", List.of("a", "shape"))
        .node("MatMul", "y", List.of("r", "w"))
        .output("y");
  }

  private static OnnxGraphs wide() {
    return OnnxGraphs.opset(13)
        .input("x", -1, 8200)
        .weight("v", 4, 8200)
        .weight("w", 4, 3)
        .node("Gemm", "a", List.of("x", "v"), integer("transB", 1))
        .node("MatMul", "y", List.of("a", "w"))
        .output("y");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("graphs")
  void exportComputesWhatTheActorsSimulated(String name, Case of) throws Exception {
    agrees(of, Plan.DEFAULT);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("graphs")
  void weightsAlone(String name, Case of) throws Exception {
    agrees(of, Plan.DEFAULT.toBuilder().activationBits(0).schedule(Plan.Schedule.PARALLEL).build());
  }

  /** Some layers in blocks, the last of a row shorter; some per channel. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("graphs")
  void byBlocks(String name, Case of) throws Exception {
    Plan plan = Plan.DEFAULT.toBuilder().granularity(Granularity.block(4)).build();
    agrees(of, plan);
    agrees(of, plan.toBuilder().weightBits(8).build());
    agrees(of, plan.toBuilder().activationBits(0).rounding(RoundingMethod.NEAREST).build());
  }

  /** What ONNX Runtime has a kernel of its own for, which rounds a MatMul's input to 8 bits. */
  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void byBlocksOfSixteen(int bits) throws Exception {
    OnnxGraphs g =
        OnnxGraphs.opset(17)
            .input("x", -1, 40)
            .weight("v", 40, 24)
            .weight("w", 24, 40)
            .node("MatMul", "a", List.of("x", "v"))
            .node("Relu", "r", List.of("a"))
            .node("MatMul", "y", List.of("r", "w"))
            .output("y");
    Case of = new Case(g.model(), Runs.noise("x", 20, 3, 40));
    for (int activations : new int[] {0, 8}) {
      QuantizedNetwork network =
          agrees(
              of,
              Plan.DEFAULT.toBuilder()
                  .weightBits(bits)
                  .activationBits(activations)
                  .granularity(Granularity.block(16))
                  .build());
      assertThat(network.layers())
          .allSatisfy(
              layer ->
                  assertThat(layer.weight().encoding().granularity())
                      .isEqualTo(Granularity.block(16)));
    }
  }

  @Test
  void channelsOfOtherSizesAreEqualized() throws Exception {
    Case of = onImages(Networks.outlier());
    Plan plan = Plan.DEFAULT.toBuilder().weightBits(8).build();
    QuantizedNetwork network = agrees(of, plan);
    ChannelFactors factors = network.activations().get("t").factors();
    assertThat(factors.of(2)).isGreaterThanOrEqualTo(16 * factors.of(1));
    assertThat(network.layers().get(1).weight().encoding().factors()).isEqualTo(factors.inverse());
    assertThat(network.activations().get("x").factors().isNone()).isTrue();
    assertThat(QdqModel.of(network).getGraph().getNodeList())
        .extracting(NodeProto::getOpType)
        .filteredOn("Mul"::equals)
        .hasSize(
            1
                + (int)
                    network.activations().values().stream()
                        .filter(e -> !e.factors().isNone())
                        .count());

    QuantizedNetwork parallel =
        agrees(of, plan.toBuilder().schedule(Plan.Schedule.PARALLEL).build());
    assertThat(parallel.activations().get("t").factors()).isEqualTo(factors);
    agrees(of, plan.toBuilder().weightBits(2).granularity(Granularity.block(4)).build());
  }

  /** Of inputs with a mean, in float and int32, in both schedules. */
  @Test
  void theBiasIsCorrected() throws Exception {
    OnnxGraphs g =
        rows(17)
            .node("Exp", "e", List.of("x"))
            .weight("w", 6, 5)
            .weight("b", 5)
            .node("Gemm", "y", List.of("e", "w", "b"))
            .output("y");
    Case of = onRows(g);
    for (Plan.Schedule schedule : Plan.Schedule.values()) {
      for (int activations : new int[] {0, 4}) {
        Plan plan =
            Plan.DEFAULT.toBuilder()
                .weightBits(3)
                .activationBits(activations)
                .rounding(RoundingMethod.NEAREST)
                .schedule(schedule)
                .build();
        QuantizedNetwork off = agrees(of, plan);
        QuantizedNetwork corrected =
            agrees(of, plan.toBuilder().biasCorrection(Plan.BiasCorrection.EMPIRICAL).build());
        Layer layer = off.graph().layers().get(0);
        assertThat(off.layers().get(0).bias()).isSameAs(layer.bias());
        assertThat(corrected.layers().get(0).bias()).isNotEqualTo(layer.bias());
        assertThat(corrected.outputSqnrDb().get("y")).isGreaterThan(off.outputSqnrDb().get("y"));
      }
    }
  }

  @Test
  void int8WeightsForOtherRuntimes(@TempDir Path folder) throws Exception {
    Case of =
        onImages(
            images(17).weight("w", 5, 4, 3, 3).node("Conv", "y", List.of("x", "w")).output("y"));
    Plan plan = Plan.DEFAULT.toBuilder().weightBits(8).target(Target.GENERIC_INT8).build();
    QuantizedNetwork network =
        Runs.run(Runs.request(StageGraph.of(of.model()), plan, of.data())).network();
    ModelProto exported = QdqModel.of(network);
    assertThat(exported.getGraph().getInitializerList())
        .filteredOn(constant -> constant.getName().matches("w_(quantized|zero_point)"))
        .hasSize(2)
        .allSatisfy(
            constant ->
                assertThat(constant.getDataType()).isEqualTo(TensorProto.DataType.INT8_VALUE))
        .anySatisfy(zeros -> assertThat(zeros.getRawData().toByteArray()).containsOnly(0));
    assertThat(QdqExport.write(network, folder.resolve("int8.onnx")).outputs())
        .singleElement()
        .satisfies(output -> assertThat(output.agreementDb()).isGreaterThan(60));
  }

  /** Layers that read the same tensor read it with the most bits of any of them. */
  @Test
  void activationBitsByLayer() throws Exception {
    OnnxGraphs g =
        rows(17)
            .weight("a_w", 6, 6)
            .node("MatMul", "a", List.of("x", "a_w"))
            .weight("b_w", 6, 6)
            .node("MatMul", "b", List.of("a", "b_w"))
            .weight("c_w", 6, 6)
            .node("MatMul", "c", List.of("a", "c_w"))
            .weight("d_w", 6, 6)
            .node("MatMul", "d", List.of("b", "d_w"))
            .node("Add", "y", List.of("c", "d"))
            .output("y");
    Case of = onRows(g);
    Plan plan = Plan.DEFAULT.toBuilder().weightBits(8).build();
    assertThat(bits(agrees(of, plan))).isEqualTo(Map.of("x", 8, "a", 8, "b", 8));
    LayerOverride more = LayerOverride.of("c").activationBits(16);
    assertThat(bits(agrees(of, plan.toBuilder().override(more).build())))
        .isEqualTo(Map.of("x", 8, "a", 16, "b", 8));
    LayerOverride floats = LayerOverride.of("b").activationBits(0);
    assertThat(bits(agrees(of, plan.toBuilder().override(more).override(floats).build())))
        .isEqualTo(Map.of("x", 8, "b", 8));
    LayerOverride few = LayerOverride.of("d").activationBits(4);
    assertThat(bits(agrees(of, plan.toBuilder().activationBits(0).override(few).build())))
        .isEqualTo(Map.of("b", 4));
  }

  /** The layer with the most bits decides, the first of several. */
  @Test
  void activationGridsAndRangesByLayer() throws Exception {
    OnnxGraphs g =
        rows(17)
            .weight("a_w", 6, 6)
            .node("MatMul", "a", List.of("x", "a_w"))
            .weight("b_w", 6, 6)
            .node("MatMul", "b", List.of("a", "b_w"))
            .weight("c_w", 6, 6)
            .node("MatMul", "c", List.of("a", "c_w"))
            .node("Add", "y", List.of("b", "c"))
            .output("y");
    Case of = onRows(g);
    Plan plan =
        Plan.DEFAULT.toBuilder().weightBits(8).activationRanges(new RangeMethod.MinMax()).build();
    LayerOverride first =
        LayerOverride.of("b")
            .activationGrid(ActivationGrid.SYMMETRIC)
            .activationRanges(new RangeMethod.Percentile(80));
    LayerOverride second =
        LayerOverride.of("c").activationBits(16).weightRanges(new RangeMethod.Percentile(80));

    Encoding whole = agrees(of, plan).activations().get("a");
    Encoding ofFirst = agrees(of, plan.toBuilder().override(first).build()).activations().get("a");
    QuantizedNetwork both = agrees(of, plan.toBuilder().override(first).override(second).build());

    assertThat(ofFirst.grid()).isEqualTo(Grid.signed(8));
    assertThat(ofFirst.zeroPoint(0)).isZero();
    assertThat(ofFirst.scale(0) * 127).isLessThan(whole.scale(0) * 255 / 2);
    assertThat(both.activations().get("a").grid()).isEqualTo(Grid.unsigned(16));
    assertThat(both.activations().get("a").scale(0) * 65535)
        .isCloseTo(whole.scale(0) * 255, within(2 * whole.scale(0)));
  }

  @ParameterizedTest
  @CsvSource({"4, 4", "8, 8", "8, 16"})
  void symmetricActivationsAndRestrictedWeights(int weights, int activations) throws Exception {
    Plan plan =
        Plan.DEFAULT.toBuilder()
            .weightBits(weights)
            .weightGrid(WeightGrid.RESTRICTED)
            .activationBits(activations)
            .activationGrid(ActivationGrid.SYMMETRIC)
            .activationRanges(new Kl())
            .build();

    QuantizedNetwork network = agrees(onImages(beside()), plan);

    assertThat(network.activations().get("x").grid()).isEqualTo(Grid.signed(activations));
    assertThat(network.activations().get("r").grid()).isEqualTo(Grid.unsigned(activations));
    assertThat(network.activations().values()).allMatch(Encoding::symmetric);
    assertThat(network.layers())
        .allMatch(layer -> layer.weight().encoding().grid().equals(Grid.restricted(weights)));
    agrees(onImages(Networks.outlier()), plan);
  }

  /**
   * With weights rounded to nearest, the layers lose less than with ranges by the weights alone.
   */
  @Test
  void weightRangesByTheOutput() throws Exception {
    Plan mse = Plan.DEFAULT.toBuilder().rounding(RoundingMethod.NEAREST).build();
    Case of = onImages(beside());

    double byWeight = loss(agrees(of, mse));
    double byOutput = loss(agrees(of, mse.toBuilder().weightRanges(new OutputMse()).build()));

    assertThat(byOutput).isLessThan(byWeight);
    agrees(onImages(Networks.outlier()), mse.toBuilder().weightRanges(new OutputMse()).build());
  }

  private static double loss(QuantizedNetwork network) {
    return network.layers().get(0).loss();
  }

  private static Map<String, Integer> bits(QuantizedNetwork network) {
    return network.activations().entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, a -> a.getValue().grid().bits()));
  }

  @Test
  void aKernelOfSeveralPositionsHasNoBlocks() throws Exception {
    OnnxGraphs g = conv(images(17), "x", "a", 4, 6);
    g.weight("w", 5, 6, 1, 1).node("Conv", "y", List.of("a", "w")).output("y");

    QuantizedNetwork network =
        agrees(onImages(g), Plan.DEFAULT.toBuilder().granularity(Granularity.block(4)).build());

    assertThat(network.layers())
        .extracting(layer -> layer.weight().encoding().granularity().label(), QuantizedLayer::note)
        .containsExactly(
            tuple(
                "channel",
                "one scale per channel instead of block:4: the inputs of its weight [6, 4, 3, 3]"
                    + " don't lie along one axis"),
            tuple("block:4", ""));
  }

  @Test
  void externalData(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("model.onnx");
    Files.write(
        file,
        withExternalData(conv(images(17), "x", "y", 4, 2).output("y").proto(), folder)
            .toByteArray());
    agrees(new Case(Model.read(file), Runs.noise("x", 2, 3, 4, 8, 8)), Plan.DEFAULT);
  }

  /**
   * Dead channels: of a row of zeros nothing is left but its bias. The output "dead" has no other
   * error than its own.
   */
  @ParameterizedTest
  @ValueSource(strings = {"tensor", "channel"})
  void rowsOfZerosKeepTheirBias(String label) throws Exception {
    Granularity granularity = Granularity.parse(label);
    float[] some = new float[6 * 4];
    for (int i = 0; i < some.length; i++) {
      some[i] = i / 4 % 2 == 0 ? 0 : (float) Math.sin(i);
    }
    float[] biases = {3, -0.1f, -0.7f, 0.4f, 1e-3f, 2};
    OnnxGraphs g =
        images(17)
            .initializer("some", Tensor.of(some, 6, 4, 1, 1))
            .initializer("none", Tensor.of(new float[6 * 4], 6, 4, 1, 1))
            .initializer("biases", Tensor.of(biases, 6))
            .node("Conv", "y", List.of("x", "some", "biases"))
            .node("Conv", "dead", List.of("x", "none", "biases"))
            .output("y")
            .output("dead");
    Case of = onImages(g);
    Plan plan = Plan.DEFAULT.toBuilder().granularity(granularity).build();

    QuantizedNetwork network = agrees(of, plan);

    float inputScale = Objects.requireNonNull(network.activations().get("x")).scale(0);
    try (OnnxProgram exported = OnnxProgram.load(QdqModel.of(network).toByteArray())) {
      Map<String, Tensor> outputs = exported.run(of.data().get(0).inputs());
      for (QuantizedLayer layer : network.layers()) {
        IntegerBias simulated = IntegerBias.of(biases, layer.weight(), inputScale);
        float[] values = outputs.get(layer.name()).floats();
        for (int i = 0; i < values.length; i++) {
          int channel = i / 64 % 6;
          if (layer.name().equals("dead") || channel % 2 == 0) {
            float unit = simulated.scales()[granularity.equals(Granularity.TENSOR) ? 0 : channel];
            assertThat(values[i])
                .as("%s, channel %d", layer.name(), channel)
                .isEqualTo(simulated.dequantize()[channel])
                .isCloseTo(
                    biases[channel], within(Math.max(0.501f * unit, Math.ulp(biases[channel]))));
          }
        }
      }
    }
  }

  private static ModelProto withExternalData(ModelProto model, Path folder) throws IOException {
    ModelProto.Builder external = model.toBuilder();
    for (TensorProto.Builder tensor : external.getGraphBuilder().getInitializerBuilderList()) {
      Files.write(folder.resolve(tensor.getName()), tensor.getRawData().toByteArray());
      tensor
          .clearRawData()
          .setDataLocation(TensorProto.DataLocation.EXTERNAL)
          .addExternalData(
              StringStringEntryProto.newBuilder().setKey("location").setValue(tensor.getName()));
    }
    return external.build();
  }

  private static QuantizedNetwork agrees(Case of, Plan plan) throws Exception {
    StageGraph graph = StageGraph.of(of.model());
    QuantizedNetwork network = Runs.run(Runs.request(graph, plan, of.data())).network();
    assertThat(network.layers()).hasSameSizeAs(network.graph().layers());
    ModelProto exported = QdqModel.of(network);
    assertThat(network.outputSqnrDb()).isNotEmpty();
    for (Optimization level : List.of(Optimization.NONE, Optimization.ALL)) {
      Map<String, Double> measured = sqnrDb(of, compared(of, network), exported, level);
      assertThat(measured.keySet()).containsAll(network.outputSqnrDb().keySet());
      measured.forEach((output, db) -> assertThat(db).as(output).isGreaterThan(AT_LEAST_DB));
      network
          .outputSqnrDb()
          .forEach(
              (output, db) ->
                  assertThat(measured.get(output))
                      .as("%s, optimization %s", output, level)
                      .isCloseTo(db, within(level == Optimization.NONE ? 0.02 : 0.2)));
    }
    return network;
  }

  private static List<SampleBatch> compared(Case of, QuantizedNetwork network) {
    HeldBack samples = new HeldBack(first -> Source.empty(), Datasets.ports(of.model()));
    return network.heldBack() == 0
        ? of.data()
        : of.data().stream()
            .map(batch -> samples.only(true, batch))
            .filter(batch -> batch.samples() > 0)
            .toList();
  }

  /** Of each output that is of reals, the exported model against the original. */
  private static Map<String, Double> sqnrDb(
      Case of, List<SampleBatch> data, ModelProto exported, Optimization level) {
    Map<String, double[]> powers = new TreeMap<>();
    Options options = new Options(1, level);
    try (OnnxProgram original = OnnxProgram.load(of.model().proto().toByteArray());
        OnnxProgram quantized = OnnxProgram.load(exported.toByteArray(), options)) {
      assertThat(quantized.outputNames()).isEqualTo(original.outputNames());
      for (SampleBatch batch : data) {
        Map<String, Tensor> teacher = original.run(batch.inputs());
        Map<String, Tensor> student = quantized.run(batch.inputs());
        teacher.forEach(
            (output, y) -> {
              assertThat(student.get(output).shape()).isEqualTo(y.shape());
              switch (y.type()) {
                case FLOAT, FLOAT16, BFLOAT16, DOUBLE ->
                    add(
                        powers,
                        output,
                        TensorValues.floats(y),
                        TensorValues.floats(student.get(output)));
                case INT64 ->
                    assertThat((long[]) student.get(output).data()).isEqualTo((long[]) y.data());
                default -> assertThat(student.get(output).type()).isEqualTo(y.type());
              }
            });
      }
    }
    Map<String, Double> decibels = new TreeMap<>();
    powers.forEach(
        (output, power) ->
            decibels.put(
                output,
                power[1] == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(power[0] / power[1])));
    return decibels;
  }

  private static void add(
      Map<String, double[]> powers, String output, float[] teacher, float[] student) {
    double[] power = powers.computeIfAbsent(output, name -> new double[2]);
    for (int i = 0; i < teacher.length; i++) {
      power[0] += (double) teacher[i] * teacher[i];
      power[1] += ((double) teacher[i] - student[i]) * (teacher[i] - student[i]);
    }
  }
}
