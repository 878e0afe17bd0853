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
 * The integers of a table, stored so that a runtime can gather rows of them. A row of blocks is
 * stored as {@code [..., blocks, numbers]}, with a scale and a zero point for each block.
 *
 * <p>Runtimes gather no 4-bit integers; so two are in a byte: those of the first half of the blocks
 * in the low bits, those of the second half in the high ones. The scales of blocks are then
 * bfloat16 numbers.
 *
 * @param integers the name of the integers
 * @param zeroPoints the name of what is subtracted from them: one number, or one for each block,
 *     stored like the integers
 * @param scales the name of the scales, {@code [..., 1]} or {@code [..., blocks, 1]}
 * @param packed whether two integers are in a byte
 */
record QdqRows(String integers, String zeroPoints, String scales, boolean packed) {

  /**
   * Writes a table.
   *
   * @param packs whether blocks may be packed
   */
  static QdqRows write(
      StoredWeight table, QdqOperators operators, TensorNames names, boolean packs) {
    String name = table.constant().name();
    boolean packed = packs && table.weight().encoding().isBlocked();
    QdqRows rows =
        new QdqRows(
            names.unique(name + "_quantized"),
            names.unique(name + "_row_zero_point"),
            names.unique(name + "_row_scale"),
            packed);
    long[] shape = table.constant().shape();
    long[] outer = Arrays.copyOf(shape, shape.length - 1);
    if (packed) {
      rows.writePacked(table.weight(), outer, operators);
    } else {
      rows.writeWhole(table.weight(), outer, operators);
    }
    return rows;
  }

  private void writeWhole(QuantizedWeight weight, long[] outer, QdqOperators operators) {
    Encoding encoding = weight.encoding();
    Grid grid = encoding.grid();
    StorageType type = operators.gathered(grid);
    int[] zeros = encoding.zeroPoints();
    boolean blocked = encoding.isBlocked();
    long[] ofScales = blocked ? with(outer, encoding.blocks(), 1) : with(outer, 1);
    long[] ofIntegers = ofScales.clone();
    ofIntegers[ofIntegers.length - 1] = weight.k() / encoding.blocks();
    operators.constant(
        Onnx.tensor(integers, type.onnx(), type.pack(grid, weight.integers()), ofIntegers));
    operators.constant(
        blocked
            ? Onnx.tensor(zeroPoints, type.onnx(), type.pack(grid, zeros), ofScales)
            : Onnx.tensor(zeroPoints, type.onnx(), type.pack(grid, zeros[0])));
    operators.constant(Onnx.tensor(scales, encoding.scales(), ofScales));
  }

  private void writePacked(QuantizedWeight weight, long[] outer, QdqOperators operators) {
    Encoding encoding = weight.encoding();
    int blocks = encoding.blocks();
    int type = StorageType.UINT8.onnx();
    operators.constant(
        Onnx.tensor(
            integers,
            type,
            halves(weight.integers(), weight.k()),
            with(outer, blocks / 2, weight.k() / blocks)));
    operators.constant(
        Onnx.tensor(
            zeroPoints, type, halves(encoding.zeroPoints(), blocks), with(outer, blocks / 2, 1)));
    operators.constant(Onnx.bfloat16(scales, encoding.scales(), with(outer, blocks, 1)));
  }

  private static long[] with(long[] dims, long... last) {
    return LongStream.concat(Arrays.stream(dims), Arrays.stream(last)).toArray();
  }

  /**
   * Packs the two halves of each row into its bytes.
   *
   * @param integers unsigned, of 4 bits
   * @param length of a row, even
   */
  private static ByteString halves(int[] integers, int length) {
    int half = length / 2;
    byte[] raw = new byte[integers.length / 2];
    for (int i = 0; i < raw.length; i++) {
      int low = i / half * length + i % half;
      raw[i] = (byte) (integers[low] | integers[low + half] << 4);
    }
    return ByteString.copyFrom(raw);
  }
}
