package io.halfstep.export;

import com.google.protobuf.ByteString;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.Target;
import io.halfstep.quantizer.Target.Rule;
import java.util.Arrays;

/**
 * The ONNX element types in which integers of a grid are stored, with their numbers in {@code
 * onnx.TensorProto.DataType} and the first opset whose QuantizeLinear and DequantizeLinear support
 * them.
 *
 * <p>For ONNX Runtime, bytes are unsigned even if the grid is signed: its integers and zero points
 * are shifted by half of the grid, which is equivalent. On x86 processors without VNNI, the integer
 * kernels for unsigned activations and signed weights add two products in 16 bits, which saturate;
 * those for two unsigned factors add exactly.
 */
enum StorageType {
  INT4(22, 4, true, 21),
  UINT4(21, 4, false, 21),
  INT8(3, 8, true, 10),
  UINT8(2, 8, false, 10),
  INT16(5, 16, true, 21),
  UINT16(4, 16, false, 21);

  private final int onnx;
  private final int bits;
  private final boolean signed;
  private final int opset;

  StorageType(int onnx, int bits, boolean signed, int opset) {
    this.onnx = onnx;
    this.bits = bits;
    this.signed = signed;
    this.opset = opset;
  }

  /** Returns the smallest type for a weight's integers. */
  static StorageType ofWeight(Grid grid, Target target) {
    if (grid.bits() <= 4) {
      return grid.isSigned() ? INT4 : UINT4;
    }
    return grid.isSigned() && !target.has(Rule.UNSIGNED_WEIGHTS) ? INT8 : UINT8;
  }

  /** Returns the type of a weight that a product of integers reads: a byte. */
  static StorageType ofProduct(Grid grid, Target target) {
    StorageType smallest = ofWeight(grid, target);
    return switch (smallest) {
      case INT4 -> INT8;
      case UINT4 -> UINT8;
      default -> smallest;
    };
  }

  /**
   * Returns the type of an activation: whole bytes even for 2 to 4 bits, since an activation's
   * integers are never stored, and integer kernels compute with bytes. A {@code Clip} before
   * QuantizeLinear keeps them within a narrower grid.
   */
  static StorageType ofActivation(Grid grid, Target target) {
    if (grid.bits() <= 8) {
      return grid.isSigned() && target.has(Rule.SIGNED_ACTIVATIONS) ? INT8 : UINT8;
    }
    return grid.isSigned() ? INT16 : UINT16;
  }

  /** Returns the bytes of so many integers. */
  long bytes(long count) {
    return (count * bits + 7) / 8;
  }

  /** Returns the number in {@code onnx.TensorProto.DataType}. */
  int onnx() {
    return onnx;
  }

  boolean isSigned() {
    return signed;
  }

  /** Returns the first opset that quantizes to and from this type. */
  int opset() {
    return opset;
  }

  /**
   * Returns whether every integer of the type is on the grid, so that saturation suffices as the
   * clamp.
   */
  boolean isExactly(Grid grid) {
    int lowest = signed ? -(1 << (bits - 1)) : 0;
    int shift = shift(grid);
    return grid.lowest() + shift == lowest && grid.highest() + shift == lowest + (1 << bits) - 1;
  }

  /** Returns the offset that is added to the grid's integers for storage. */
  private int shift(Grid grid) {
    return grid.isSigned() && !signed ? 1 << (grid.bits() - 1) : 0;
  }

  /** Returns the numbers of this type for integers or zero points of a grid. */
  int[] shifted(Grid grid, int... integers) {
    int shift = shift(grid);
    return shift == 0 ? integers : Arrays.stream(integers).map(q -> q + shift).toArray();
  }

  /**
   * Integers or zero points of a grid as {@code raw_data}: little-endian; 4-bit ones two per byte,
   * the first in the low half; with an odd number, the last byte's high half is 0.
   */
  ByteString pack(Grid grid, int... integers) {
    int[] stored = shifted(grid, integers);
    byte[] raw = new byte[(int) bytes(stored.length)];
    for (int i = 0; i < stored.length; i++) {
      int q = stored[i];
      switch (bits) {
        case 4 -> raw[i / 2] |= (byte) ((q & 0xF) << (i % 2 * 4));
        case 8 -> raw[i] = (byte) q;
        default -> {
          raw[2 * i] = (byte) q;
          raw[2 * i + 1] = (byte) (q >> 8);
        }
      }
    }
    return ByteString.copyFrom(raw);
  }
}
