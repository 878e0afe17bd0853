package io.halfstep.export;

import com.google.protobuf.ByteString;
import io.halfstep.model.Onnx;
import io.halfstep.model.TensorNames;
import io.halfstep.network.StoredWeight;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * The integers of a table, stored so that a runtime can gather rows of them. A row with several
 * scales is stored as {@code [..., blocks, numbers]}. Runtimes gather no 4-bit integers; so two are
 * in a byte: the first half of a block in the low bits, the second half in the high ones.
 *
 * @param integers the name of the integers
 * @param zeroPoint the name of what is subtracted from them
 * @param scales the name of the scales, which have the shape of the integers except for the last
 *     axis
 * @param packed whether two are in a byte
 */
record QdqRows(String integers, String zeroPoint, String scales, boolean packed) {

  /**
   * Writes a table.
   *
   * @param packs whether bytes may hold two integers
   */
  static QdqRows write(
      StoredWeight table, QdqOperators operators, TensorNames names, boolean packs) {
    String name = table.constant().name();
    QuantizedWeight weight = table.weight();
    Encoding encoding = weight.encoding();
    Grid grid = encoding.grid();
    long[] shape = table.constant().shape();
    long[] outer = Arrays.copyOf(shape, shape.length - 1);
    if (encoding.isBlocked()) {
      outer = with(outer, encoding.blocks());
    }
    int size = weight.k() / encoding.blocks();
    boolean packed = packs && grid.bits() == 4;
    StorageType type = operators.gathered(grid);
    int[] integers = weight.integers();
    ByteString raw = packed ? packed(integers, size, grid) : type.pack(grid, integers);
    ByteString zero =
        packed
            ? ByteString.copyFrom(new byte[] {(byte) (encoding.zeroPoints()[0] - grid.lowest())})
            : type.pack(grid, encoding.zeroPoints()[0]);
    return new QdqRows(
        operators.constant(
            Onnx.tensor(
                names.unique(name + "_quantized"),
                type.onnx(),
                raw,
                with(outer, packed ? size / 2 : size))),
        operators.constant(Onnx.tensor(names.unique(name + "_row_zero_point"), type.onnx(), zero)),
        operators.constant(
            Onnx.tensor(names.unique(name + "_row_scale"), encoding.scales(), with(outer, 1))),
        packed);
  }

  private static long[] with(long[] dims, long last) {
    return LongStream.concat(Arrays.stream(dims), LongStream.of(last)).toArray();
  }

  /**
   * @param size the number of integers of a block
   */
  private static ByteString packed(int[] integers, int size, Grid grid) {
    byte[] raw = new byte[integers.length / 2];
    for (int i = 0; i < raw.length; i++) {
      int low = i / (size / 2) * size + i % (size / 2);
      int high = low + size / 2;
      raw[i] = (byte) ((integers[low] - grid.lowest()) | (integers[high] - grid.lowest()) << 4);
    }
    return ByteString.copyFrom(raw);
  }
}
