package io.halfstep.export;

import ai.onnx.proto.OnnxMl.AttributeProto;
import io.halfstep.model.Onnx;
import io.halfstep.model.WeightLayout;
import io.halfstep.quantizer.Encoding;
import java.util.List;

/**
 * A weight's scales and zero points as DequantizeLinear requires them ([O], opset 21): a scalar,
 * one per index of an axis, or, for blocks, a tensor of the weight's shape except along the axis
 * that is cut into blocks.
 */
record QdqParameters(
    float[] scales, int[] zeroPoints, long[] dims, List<AttributeProto> attributes) {

  /**
   * Returns the parameters of an encoding.
   *
   * @param weight the shape of the weight in ONNX
   */
  static QdqParameters of(Encoding encoding, WeightLayout layout, long[] weight) {
    if (encoding.isBlocked()) {
      return byBlock(encoding, layout, weight);
    }
    return encoding.channels() > 1
        ? byChannel(encoding, layout.channelAxis())
        : new QdqParameters(encoding.scales(), encoding.zeroPoints(), new long[0], List.of());
  }

  static QdqParameters byChannel(Encoding encoding, int axis) {
    return new QdqParameters(
        encoding.scales(),
        encoding.zeroPoints(),
        new long[] {encoding.channels()},
        List.of(Onnx.attribute("axis", axis)));
  }

  /**
   * Returns the parameters of a block encoding for the weight as a matrix {@code [out·K/size,
   * size]}, each row of which is within one block.
   */
  static QdqParameters byRun(Encoding encoding, int k, int size) {
    int runs = k / size;
    float[] scales = new float[encoding.channels() * runs];
    int[] zeroPoints = new int[scales.length];
    float[] ofRow = new float[k];
    int[] zerosOfRow = new int[k];
    for (int i = 0; i < scales.length; i++) {
      if (i % runs == 0) {
        encoding.spread(i / runs, ofRow, zerosOfRow);
      }
      scales[i] = ofRow[i % runs * size];
      zeroPoints[i] = zerosOfRow[i % runs * size];
    }
    return new QdqParameters(
        scales, zeroPoints, new long[] {scales.length}, List.of(Onnx.attribute("axis", 0)));
  }

  private static QdqParameters byBlock(Encoding encoding, WeightLayout layout, long[] weight) {
    int axis = layout.inputAxis();
    if (axis < 0) {
      throw new IllegalArgumentException("no axis of this weight can be cut into blocks");
    }
    int channels = encoding.channels();
    int blocks = encoding.blocks();
    float[] scales = encoding.scales();
    int[] zeroPoints = encoding.zeroPoints();
    if (axis < layout.channelAxis()) {
      float[] rows = scales.clone();
      int[] zeroRows = zeroPoints.clone();
      for (int i = 0; i < rows.length; i++) {
        scales[i] = rows[i % channels * blocks + i / channels];
        zeroPoints[i] = zeroRows[i % channels * blocks + i / channels];
      }
    }
    long[] dims = weight.clone();
    dims[axis] = blocks;
    return new QdqParameters(
        scales,
        zeroPoints,
        dims,
        List.of(
            Onnx.attribute("axis", axis),
            Onnx.attribute("block_size", encoding.granularity().blockSize())));
  }
}
