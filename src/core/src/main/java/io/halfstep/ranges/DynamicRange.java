package io.halfstep.ranges;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;

/**
 * The range of a tensor's own values: ONNX's DynamicQuantizeLinear ([O]), bit for bit as ONNX
 * Runtime computes it.
 */
public final class DynamicRange {
  private static final Grid BYTES = Grid.unsigned(8);

  private DynamicRange() {}

  /**
   * Returns {@code s = (max − min) / 255} and {@code z = round(−min / s)}, half to even, over the
   * values and 0; s is 1 if all values are 0. NaN is ignored.
   */
  public static Encoding of(float[] values) {
    float least = 0;
    float greatest = 0;
    for (float x : values) {
      least = x < least ? x : least;
      greatest = x > greatest ? x : greatest;
    }
    float scale = least == greatest ? 1 : (greatest - least) / BYTES.highest();
    float normal = Math.max(Float.MIN_NORMAL, Math.min(Float.MAX_VALUE, scale));
    int zeroPoint = BYTES.clamp((int) Math.rint(-least / normal));
    return Encoding.perTensor(BYTES, normal, zeroPoint);
  }
}
