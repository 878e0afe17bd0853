package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.model.Attributes;
import io.halfstep.model.Onnx;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Resize, in all modes, is linear along each axis: the gradient is multiplied by the transposed
 * matrices of interpolation. They are found by resizing unit vectors, so that they are those of the
 * operator that runs.
 */
final class ResizeGradients {
  private ResizeGradients() {}

  static void all(Map<String, OperatorGradient> gradients) {
    gradients.put("Resize", ResizeGradients::resize);
  }

  private static void resize(NodeProto node, BackwardPass pass) {
    Attributes attributes = Attributes.of(node);
    String policy = attributes.text("keep_aspect_ratio_policy", "stretch");
    String transformation = attributes.text("coordinate_transformation_mode", "half_pixel");
    for (String mode : List.of(policy, transformation)) {
      if (List.of("not_larger", "not_smaller", "tf_crop_and_resize").contains(mode)) {
        throw new NoGradientException(node, " in mode " + mode);
      }
    }
    String x = node.getInput(0);
    long[] in = pass.shape(x);
    long[] out = pass.shape(node.getOutput(0));
    pass.give(
        x,
        () -> {
          String gradient = pass.gradient(node.getOutput(0));
          // ONNX Runtime copies a tensor that keeps its shape, whatever the scales.
          return Arrays.equals(in, out) ? gradient : resized(node, gradient, in, out, pass);
        });
  }

  private static String resized(
      NodeProto node, String gradient, long[] in, long[] out, BackwardPass pass) {
    String scales = Onnx.input(node, 2);
    boolean scaled = !scales.isEmpty() && pass.shape(scales)[0] > 0;
    int[] axes = Attributes.of(node).integers("axes");
    if (axes == null) {
      axes = IntStream.range(0, in.length).toArray();
    }
    String product = gradient;
    long[] shape = out.clone();
    for (int i = 0; i < axes.length; i++) {
      int axis = Math.floorMod(axes[i], in.length);
      double scale = scaled ? pass.numbers(scales)[i] : (double) out[axis] / in[axis];
      if (scale != 1) {
        Tensor size =
            scaled
                ? Tensor.of(new float[] {1, 1, (float) scale, 2}, 4)
                : Tensor.of(ElementType.INT64, new long[] {in[axis], 1, out[axis], 2}, 4);
        float[] matrix = transposedMatrix(node, (int) in[axis], size, pass.opset());
        product = product(pass.constant(matrix, in[axis], out[axis]), product, shape, axis, pass);
        shape[axis] = in[axis];
      }
    }
    return pass.reshape(product, in);
  }

  /**
   * Returns the matrix {@code [in, out]} whose rows are the resized unit vectors. A further axis is
   * resized from 1 to 2 so that the shape changes.
   */
  private static float[] transposedMatrix(NodeProto node, int in, Tensor size, int opset) {
    float[] units = new float[in * in];
    for (int i = 0; i < in; i++) {
      units[i * in + i] = 1;
    }
    boolean scaled = size.type() == ElementType.FLOAT;
    NodeProto resize =
        Onnx.without(node, "axes").toBuilder()
            .clearInput()
            .addAllInput(scaled ? List.of("x", "", "size") : List.of("x", "", "", "size"))
            .clearOutput()
            .addOutput("y")
            .build();
    GraphProto graph =
        GraphProto.newBuilder()
            .setName("resize")
            .addInitializer(TensorProtos.encode("x", Tensor.of(units, in, 1, in, 1)))
            .addInitializer(TensorProtos.encode("size", size))
            .addNode(resize)
            .addOutput(ValueInfoProto.newBuilder().setName("y"))
            .build();
    ModelProto model = ModelProto.newBuilder().setIrVersion(8).setGraph(graph).build();
    try (OnnxProgram program = OnnxProgram.load(Onnx.withOpset(model, "", opset).toByteArray())) {
      float[] twice = program.run(Map.of(), "y").floats();
      float[] once = new float[twice.length / 2];
      for (int i = 0; i < once.length; i++) {
        once[i] = twice[2 * i];
      }
      return once;
    }
  }

  /** Multiplies along an axis of a tensor of this shape. */
  private static String product(
      String matrix, String tensor, long[] shape, int axis, BackwardPass pass) {
    long before = LongStream.of(shape).limit(axis).reduce(1, (a, b) -> a * b);
    long after = LongStream.of(shape).skip(axis + 1).reduce(1, (a, b) -> a * b);
    return after == 1
        ? pass.add(
            "MatMul", pass.reshape(tensor, before, shape[axis]), pass.transpose(matrix, 1, 0))
        : pass.add("MatMul", matrix, pass.reshape(tensor, before, shape[axis], after));
  }
}
