package io.halfstep.export.opset;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.export.opset.OpsetAdapter.NoAdapterException;
import io.halfstep.model.Nodes;
import io.halfstep.model.Onnx;
import java.util.Map;
import java.util.Optional;

/** The operators that sample between pixels: Upsample, Resize, RoiAlign, GridSample. */
final class ResizeAdapters {
  private ResizeAdapters() {}

  /** Upsample 9: the scales became an input. */
  static NodeProto scalesToInput(NodeProto node, OpsetScope scope) {
    AttributeProto attribute =
        Onnx.attribute(node, "scales")
            .orElseThrow(() -> new NoAdapterException("no scales in " + Nodes.name(node)));
    float[] scales = new float[attribute.getFloatsCount()];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = attribute.getFloats(i);
    }
    String name = scope.names().unique(node.getOutput(0) + "_scales");
    scope.constant(Onnx.tensor(name, scales, scales.length));
    return AttributeAdapters.withInput(Onnx.without(node, "scales"), 1, name);
  }

  /**
   * Resize 11: coordinates can be mapped in several ways; before, {@code x / scale} was the only
   * one, and the nearest pixel was the lower one when enlarging and the upper one when shrinking.
   * The region of interest becomes input 1.
   */
  static NodeProto fromAsymmetric(NodeProto node, OpsetScope scope) {
    String scales = node.getInput(1);
    NodeProto.Builder resize =
        Onnx.with(node, Onnx.attribute("coordinate_transformation_mode", "asymmetric")).toBuilder();
    if (Onnx.text(node, "mode", "nearest").equals("nearest")) {
      resize.addAttribute(Onnx.attribute("nearest_mode", nearestMode(scope.value(scales))));
    }
    String roi = scope.names().unique(node.getOutput(0) + "_roi");
    scope.constant(Onnx.tensor(roi, new float[0], 0));
    return resize.clearInput().addInput(node.getInput(0)).addInput(roi).addInput(scales).build();
  }

  private static String nearestMode(Optional<TensorProto> scales) {
    if (scales.isEmpty()) {
      throw new NoAdapterException(
          "since version 11, the choice of the nearest pixel needs constant scales");
    }
    boolean enlarges = false;
    boolean shrinks = false;
    for (float scale : Onnx.floats(scales.get())) {
      enlarges |= scale > 1;
      shrinks |= scale < 1;
    }
    if (enlarges && shrinks) {
      throw new NoAdapterException(
          "since version 11, it can't enlarge one axis and shrink another as before");
    }
    return shrinks ? "ceil" : "floor";
  }

  /** Resize 13: empty tensors are left out. */
  static NodeProto withoutEmptyInputs(NodeProto node, OpsetScope scope) {
    NodeProto.Builder resize = node.toBuilder();
    for (int i = 1; i < node.getInputCount(); i++) {
      boolean empty =
          scope.value(node.getInput(i)).filter(t -> t.getDimsList().contains(0L)).isPresent();
      if (empty) {
        resize.setInput(i, "");
      }
    }
    return resize.build();
  }

  /** RoiAlign 16: half a pixel's shift became the default. */
  static NodeProto roiWithoutHalfPixel(NodeProto node, OpsetScope scope) {
    return Onnx.with(node, Onnx.attribute("coordinate_transformation_mode", "output_half_pixel"));
  }

  private static final Map<String, String> GRID_SAMPLE_MODES =
      Map.of("bilinear", "linear", "bicubic", "cubic");

  /** GridSample 20: it supports any number of dimensions, and its modes were renamed. */
  static NodeProto gridSampleModes(NodeProto node, OpsetScope scope) {
    String mode = Onnx.text(node, "mode", "bilinear");
    return Onnx.with(node, Onnx.attribute("mode", GRID_SAMPLE_MODES.getOrDefault(mode, mode)));
  }
}
