package io.halfstep.export.opset;

import static io.halfstep.export.TinyModel.body;
import static io.halfstep.export.TinyModel.floatList;
import static io.halfstep.export.TinyModel.ints;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.halfstep.export.Execution;
import io.halfstep.export.TinyModel;
import io.halfstep.model.Onnx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A model at its old opset and the raised one compute the same in ONNX Runtime. */
class OpsetUpgradeTest {
  private record Case(String op, String what, int opset, ModelProto model) {
    @Override
    public String toString() {
      return op + "-" + opset + " " + what;
    }
  }

  private static Case one(
      String op, String what, int opset, String inputs, TinyModel model, AttributeProto... a) {
    return new Case(op, what, opset, model.node(op, inputs, "y", a).outputs("y").build());
  }

  private static TinyModel image(int opset) {
    return TinyModel.opset(opset).input("x", 2, 4, 6, 8);
  }

  private static AttributeProto attribute(String name, long value) {
    return Onnx.attribute(name, value);
  }

  private static AttributeProto attribute(String name, float value) {
    return Onnx.attribute(name, value);
  }

  private static AttributeProto attribute(String name, String value) {
    return Onnx.attribute(name, value);
  }

  private static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    float[] variance = {0.5f, 1, 2, 3};
    cases.add(
        one(
            "BatchNormalization",
            "spatial",
            7,
            "x s b m v",
            image(7).weights("s", 4).weights("b", 4).weights("m", 4).floats("v", variance, 4),
            attribute("spatial", 1)));
    for (String op : List.of("Softmax", "LogSoftmax", "Hardmax")) {
      cases.add(one(op, "of a matrix", 9, "x", TinyModel.opset(9).input("x", 3, 5)));
      cases.add(one(op, "flattening", 9, "x", image(9)));
      cases.add(one(op, "flattening at 2", 11, "x", image(11), attribute("axis", 2)));
      cases.add(one(op, "all", 11, "x", image(11), attribute("axis", 0)));
      cases.add(one(op, "flattening at -2", 11, "x", image(11), attribute("axis", -2)));
      cases.add(one(op, "last axis", 11, "x", image(11), attribute("axis", -1)));
      cases.add(one(op, "last axis by number", 11, "x", image(11), attribute("axis", 3)));
      cases.add(
          one(
              op,
              "of unknown rank",
              11,
              "r",
              image(11).longs("shape", new long[] {6, 2, 32}, 3).node("Reshape", "x shape", "r")));
    }
    cases.add(one("Clip", "both", 7, "x", image(7), attribute("min", -1f), attribute("max", 0.5f)));
    cases.add(one("Clip", "max only", 8, "x", image(8), attribute("max", 0.5f)));
    cases.add(one("Clip", "neither", 10, "x", image(10)));
    cases.add(one("DFT", "default axis", 17, "x", TinyModel.opset(17).input("x", 2, 8, 1)));
    cases.add(
        one(
            "DFT",
            "another axis",
            18,
            "x n",
            TinyModel.opset(18).input("x", 2, 3, 8, 1).longs("n", new long[] {6}),
            attribute("axis", 2)));
    cases.add(one("Dropout", "at inference", 7, "x", image(7), attribute("ratio", 0.3f)));
    cases.add(
        new Case(
            "Dropout",
            "with an unread mask",
            10,
            image(10).node("Dropout", "x", "y mask").outputs("y").build()));
    for (String mode : List.of("bilinear", "nearest", "bicubic")) {
      cases.add(
          one(
              "GridSample",
              mode,
              16,
              "x grid",
              image(16).weights("grid", 2, 5, 5, 2),
              attribute("mode", mode)));
    }
    cases.add(one("GridSample", "default", 16, "x grid", image(16).weights("grid", 2, 5, 5, 2)));
    cases.add(
        one(
            "Pad",
            "with a value",
            7,
            "x",
            image(7),
            ints("pads", 0, 0, 1, 2, 0, 0, 0, -1),
            attribute("value", 0.25f)));
    cases.add(
        new Case(
            "Pad",
            "of doubles",
            10,
            TinyModel.opset(10)
                .input("x", 3)
                .node("Cast", "x", "d", attribute("to", 11))
                .node("Pad", "d", "y", ints("pads", 1, 2), attribute("value", -0.5f))
                .outputs("d y", DataType.DOUBLE_VALUE)
                .build()));
    cases.add(
        one(
            "GroupNormalization",
            "of 2 groups",
            18,
            "x s b",
            image(18).weights("s", 2).weights("b", 2),
            attribute("num_groups", 2)));
    for (long ceil : List.of(0L, 1L)) {
      for (long countPads : List.of(0L, 1L)) {
        cases.add(
            one(
                "AveragePool",
                "ceil_mode " + ceil + ", count_include_pad " + countPads,
                11,
                "x",
                image(11),
                ints("kernel_shape", 3, 3),
                ints("strides", 2, 3),
                ints("pads", 0, 1, 1, 1),
                attribute("ceil_mode", ceil),
                attribute("count_include_pad", countPads)));
      }
      cases.add(
          one(
              "MaxPool",
              "ceil_mode " + ceil,
              10,
              "x",
              image(10),
              ints("kernel_shape", 3, 3),
              ints("strides", 2, 3),
              attribute("ceil_mode", ceil)));
    }
    cases.add(
        one(
            "LpPool",
            "of 3",
            11,
            "x",
            image(11),
            ints("kernel_shape", 3, 3),
            ints("pads", 1, 1, 1, 1),
            attribute("p", 2)));
    cases.add(
        one(
            "Pad",
            "reflecting",
            10,
            "x",
            image(10),
            ints("pads", 0, 0, 1, 2, 0, 0, 3, 1),
            attribute("mode", "reflect")));
    for (String op :
        List.of(
            "ReduceL1",
            "ReduceL2",
            "ReduceLogSum",
            "ReduceLogSumExp",
            "ReduceMax",
            "ReduceMean",
            "ReduceMin",
            "ReduceProd",
            "ReduceSum",
            "ReduceSumSquare")) {
      cases.add(positive(op, "some axes", 7, ints("axes", 1, 3)));
      cases.add(positive(op, "all axes", 12, attribute("keepdims", 0)));
      cases.add(positive(op, "last axis", 11, ints("axes", -1), attribute("keepdims", 0)));
    }
    cases.add(positive("ReduceMean", "at 17", 17, ints("axes", 2)));
    float[] larger = {1, 1, 2, 3};
    float[] smaller = {1, 1, 0.6f, 0.5f};
    for (String mode : List.of("nearest", "linear")) {
      AttributeProto attribute = attribute("mode", mode);
      cases.add(
          one("Upsample", mode, 7, "x", image(7), attribute, floatList("scales", 1, 1, 2, 2.5f)));
      cases.add(one("Upsample", mode, 9, "x s", image(9).floats("s", larger, 4), attribute));
      cases.add(
          one("Resize", mode + " larger", 10, "x s", image(10).floats("s", larger, 4), attribute));
      cases.add(
          one(
              "Resize",
              mode + " smaller",
              10,
              "x s",
              image(10).floats("s", smaller, 4),
              attribute));
    }
    cases.add(
        one(
            "Resize",
            "to sizes",
            11,
            "x e e n",
            image(11).floats("e", new float[0], 0).longs("n", new long[] {2, 4, 9, 5}, 4)));
    cases.add(
        one(
            "RoiAlign",
            "default",
            10,
            "x rois batch",
            image(10)
                .floats("rois", new float[] {0, 0, 4, 4, 1, 2, 5, 5}, 2, 4)
                .longs("batch", new long[] {0, 1}, 2),
            attribute("output_height", 3),
            attribute("output_width", 2)));
    cases.add(
        one(
            "Scatter",
            "along 1",
            9,
            "x at values",
            TinyModel.opset(9)
                .input("x", 3, 5)
                .longs("at", new long[] {4, 0, 2}, 3, 1)
                .weights("values", 3, 1),
            attribute("axis", 1)));
    cases.add(
        one(
            "Slice",
            "two axes",
            7,
            "x",
            image(7),
            ints("starts", 1, -4),
            ints("ends", 3, 1000),
            ints("axes", 1, 3)));
    cases.add(
        one("Slice", "first axes", 9, "x", image(9), ints("starts", 1, 0), ints("ends", 2, 3)));
    cases.add(split("equal", 7, "a b"));
    cases.add(split("uneven", 11, "a b", ints("split", 1, 3)));
    cases.add(split("equal", 13, "a b"));
    cases.add(
        one(
            "Squeeze",
            "one axis",
            7,
            "x",
            TinyModel.opset(7).input("x", 3, 1, 2),
            ints("axes", 1)));
    cases.add(one("Squeeze", "all", 11, "x", TinyModel.opset(11).input("x", 3, 1, 2, 1)));
    cases.add(one("Unsqueeze", "two axes", 7, "x", image(7), ints("axes", 0, 3)));
    cases.add(
        new Case(
            "TopK",
            "of 3",
            7,
            image(7)
                .node("TopK", "x", "y i", attribute("k", 3), attribute("axis", 2))
                .outputs("y")
                .outputs("i", DataType.INT64_VALUE)
                .build()));
    return cases.stream();
  }

  /** Logarithms want it so. */
  private static Case positive(String op, String what, int opset, AttributeProto... attributes) {
    return new Case(
        op,
        what,
        opset,
        image(opset).node("Exp", "x", "e").node(op, "e", "y", attributes).outputs("y").build());
  }

  private static Case split(String what, int opset, String outputs, AttributeProto... attributes) {
    AttributeProto[] all =
        Stream.concat(Stream.of(attributes), Stream.of(attribute("axis", 1)))
            .toArray(AttributeProto[]::new);
    return new Case(
        "Split",
        what,
        opset,
        image(opset).node("Split", "x", outputs, all).outputs(outputs).build());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void computesTheSameAtEveryLaterOpset(Case given) {
    Map<String, double[]> expected = Execution.run(given.model(), OptLevel.NO_OPT);
    for (int version : List.of(13, 18, 21)) {
      OpsetUpgrade upgrade = OpsetUpgrade.of(given.model(), version);
      assertThat(upgrade.obstacles()).isEmpty();
      assertThat(Onnx.opset(upgrade.model())).isEqualTo(Math.max(version, given.opset()));
      Map<String, double[]> outputs = Execution.run(ir10(upgrade.model()), OptLevel.NO_OPT);
      expected.forEach(
          (name, values) ->
              assertThat(outputs.get(name))
                  .as("at %d", version)
                  .containsExactly(values, within(1e-6)));
    }
  }

  private static ModelProto ir10(ModelProto model) {
    return model.toBuilder().setIrVersion(10).build();
  }

  /** A body reads tensors of the graph around it, and has old nodes of its own. */
  private static ModelProto withBodies(int opset) {
    GraphProto then =
        TinyModel.body().node("Clip", "x", "t", attribute("min", 0f)).outputs("t").graph();
    GraphProto otherwise =
        TinyModel.body()
            .node("If", "yes", "e", body("then_branch", then), body("else_branch", then))
            .outputs("e")
            .graph();
    GraphProto loop =
        TinyModel.body()
            .node("Squeeze", "state", "squeezed", ints("axes", 0))
            .node("Softmax", "x", "soft")
            .node("ReduceSum", "soft", "sum", ints("axes", 1, 2, 3))
            .node("Add", "squeezed sum", "more")
            .node("Unsqueeze", "more", "next", ints("axes", 0))
            .node("Identity", "go", "on")
            .graph();
    return TinyModel.opset(opset)
        .input("x", 2, 3, 4, 1)
        .bool("no", false)
        .bool("yes", true)
        .longs("trips", new long[] {3})
        .floats("start", new float[2], 1, 2, 1, 1, 1)
        .node("If", "no", "y", body("then_branch", then), body("else_branch", otherwise))
        .node("Loop", "trips yes start", "z", body("body", withLoopPorts(loop)))
        .outputs("y z")
        .build();
  }

  private static GraphProto withLoopPorts(GraphProto loop) {
    return loop.toBuilder()
        .addInput(TinyModel.scalar("i", DataType.INT64_VALUE))
        .addInput(TinyModel.scalar("go", DataType.BOOL_VALUE))
        .addInput(TinyModel.info("state", DataType.FLOAT_VALUE))
        .addOutput(TinyModel.info("on", DataType.BOOL_VALUE))
        .addOutput(TinyModel.info("next", DataType.FLOAT_VALUE))
        .build();
  }

  @Test
  void reachesIntoBodiesOfBodies() {
    ModelProto model = withBodies(10);
    Map<String, double[]> expected = Execution.run(model, OptLevel.NO_OPT);
    Map<String, double[]> raised =
        Execution.run(ir10(OpsetUpgrade.of(model, 21).model()), OptLevel.NO_OPT);

    assertThat(raised.get("y")).containsExactly(expected.get("y"), within(1e-6));
    assertThat(raised.get("z")).containsExactly(expected.get("z"), within(1e-6));
  }

  @Test
  void coversEveryStepThatHasAnAdapter() {
    List<Case> cases = cases().toList();
    OpsetAdapters.changed()
        .forEach(
            (op, steps) ->
                steps
                    .keySet()
                    .forEach(
                        step -> {
                          if (!op.equals("Scan")) {
                            assertThat(cases)
                                .as("%s %d", op, step)
                                .anyMatch(
                                    c ->
                                        (c.op().equals(op) || isRenamed(c.op(), op))
                                            && c.opset() < step);
                          }
                        }));
  }

  private static boolean isRenamed(String from, String to) {
    return from.equals("Upsample") && to.equals("Resize");
  }

  @Test
  void leavesANewEnoughModelAsItIs() {
    ModelProto model = TinyModel.opset(22).input("x", 1).node("Relu", "x", "y").build();

    assertThat(OpsetUpgrade.of(model, 21).model()).isSameAs(model);
  }

  @Test
  void normalizesDirectlyWhereTheAxisIsKnownToBeTheLast() {
    ModelProto model =
        TinyModel.opset(9).input("x", 3, 5).node("Softmax", "x", "y").outputs("y").build();

    assertThat(OpsetUpgrade.of(model, 21).model().getGraph().getNodeList())
        .extracting(NodeProto::getOpType)
        .containsExactly("Softmax");
  }

  private static Stream<Case> obstacles() {
    float[] mixed = {1, 1, 2, 0.5f};
    return Stream.of(
        one("Affine", "removed", 9, "x", image(9), attribute("alpha", 1f)),
        one(
            "BatchNormalization",
            "spatial=0",
            7,
            "x s s s s",
            image(7).weights("s", 4, 6, 8),
            attribute("spatial", 0)),
        new Case(
            "BatchNormalization",
            "training",
            9,
            image(9)
                .weights("s", 4)
                .node("BatchNormalization", "x s s s s", "y m v")
                .outputs("y")
                .build()),
        new Case("Dropout", "mask", 7, image(7).node("Dropout", "x", "y m").outputs("y m").build()),
        one("Resize", "scales", 10, "x s", image(10).floats("s", mixed, 4)),
        one("Resize", "scales", 10, "x x", image(10)),
        one("Resize", "missing", 10, "x", image(10)),
        one("Scan", "batch", 8, "x", image(8)),
        one("Relu", "older than 7", 6, "x", image(6)));
  }

  @Test
  void aConstantWithoutAnOutputIsLeftAsItIs() {
    ModelProto.Builder model = image(9).node("Relu", "x", "y").outputs("y").build().toBuilder();
    NodeProto constant =
        NodeProto.newBuilder()
            .setOpType("Constant")
            .addAttribute(
                AttributeProto.newBuilder().setName("value").setT(TensorProto.newBuilder()))
            .build();
    model.getGraphBuilder().addNode(constant);

    assertThat(OpsetUpgrade.of(model.build(), 21).model().getGraph().getNodeList())
        .contains(constant);
  }

  @ParameterizedTest
  @MethodSource("obstacles")
  void reportsWhatHasNoAdapterAndKeepsTheModel(Case given) {
    OpsetUpgrade upgrade = OpsetUpgrade.of(given.model(), 21);

    assertThat(upgrade.model()).isSameAs(given.model());
    assertThat(upgrade.obstacles())
        .singleElement()
        .asString()
        .containsAnyOf(given.op() + ": ", "older than 7");
  }
}
