package io.halfstep.export;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import io.halfstep.model.Onnx;
import io.halfstep.model.TensorNames;
import io.halfstep.model.WeightLayout;
import io.halfstep.quantizer.Codebook;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.tensor.ElementType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Weights whose levels are those of a codebook. Their indices are packed ({@link LevelPacking}),
 * and standard operators make them real: Gather unpacks them and looks up their levels, and Mul
 * applies the scales. Nothing of this depends on an input, so that a runtime does it when it loads
 * the model.
 */
final class QdqCodebooks {
  private final QdqOperators operators;
  private final TensorNames names;

  /** The digits of bytes by the number of levels; layers share them. */
  private final Map<Integer, String> digits = new HashMap<>();

  QdqCodebooks(QdqOperators operators, TensorNames names) {
    this.operators = operators;
    this.names = names;
  }

  /** Returns the indices as they are stored, one for each weight or vector of weights. */
  static int[] indices(QuantizedWeight weight) {
    Codebook codebook = weight.encoding().codebook();
    int dimension = codebook == null ? 1 : codebook.dimension();
    int ofRow = (weight.k() - 1) / dimension + 1;
    int[] indices = new int[weight.out() * ofRow];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = weight.integer(i / ofRow, i % ofRow * dimension);
    }
    return indices;
  }

  /**
   * Writes a weight.
   *
   * @param name the float weight's name
   * @param dims the weight's shape in ONNX
   * @return the name of its real values
   */
  String weight(String name, QuantizedWeight weight, WeightLayout layout, long[] dims) {
    Encoding encoding = weight.encoding();
    Codebook codebook = requireNonNull(encoding.codebook());
    int out = weight.out();
    int k = weight.k();
    int[] indices = indices(weight);
    int ofRow = indices.length / out;
    String places = operators.reshape(name, unpacked(name, indices, codebook.size()), out, ofRow);
    if (codebook.tables() > 1) {
      places = node("Add", name + "_places", places, firstPlaces(name, codebook));
    }
    String rows = node("Gather", name + "_levels", levels(name, codebook), places);
    if (codebook.isVectors()) {
      rows = operators.reshape(name, rows, out, (long) ofRow * codebook.dimension());
      rows = operators.beginning(name, rows, 1, ofRow * codebook.dimension(), k);
    }
    return operators.fromRows(name, scaled(name, rows, encoding), weight, layout, dims);
  }

  /** Returns the indices as int32, in one axis. */
  private String unpacked(String name, int[] indices, int size) {
    LevelPacking packing = LevelPacking.of(size);
    byte[] packed = packing.pack(indices);
    String bytes =
        operators.constant(
            Onnx.tensor(
                names.unique(name + "_packed"),
                StorageType.UINT8.onnx(),
                ByteString.copyFrom(packed),
                packed.length));
    String values = places(name, bytes);
    if (packing.digits() == 1) {
      return values;
    }
    String table = digits.computeIfAbsent(size, s -> digits(packing));
    String all = operators.reshape(name, node("Gather", name + "_digits", table, values), -1);
    int written = packed.length * packing.digits();
    return places(name, operators.beginning(name, all, 0, written, indices.length));
  }

  private String digits(LevelPacking packing) {
    byte[] table = packing.table();
    return operators.constant(
        Onnx.tensor(
            names.unique("halfstep_digits_" + packing.size()),
            StorageType.UINT8.onnx(),
            ByteString.copyFrom(table),
            table.length / packing.digits(),
            packing.digits()));
  }

  private String places(String name, String bytes) {
    String places = names.unique(name + "_indices");
    operators.cast(bytes, places, ElementType.INT32.onnx());
    return places;
  }

  /** Returns where the table of each row begins, {@code [out, 1]}. */
  private String firstPlaces(String name, Codebook codebook) {
    int[] first = new int[codebook.tables()];
    for (int row = 0; row < first.length; row++) {
      first[row] = row * codebook.size();
    }
    return operators.constant(Onnx.tensor(names.unique(name + "_tables"), first, first.length, 1));
  }

  /** Returns the levels of all tables, one after the other: numbers or vectors. */
  private String levels(String name, Codebook codebook) {
    long count = (long) codebook.tables() * codebook.size();
    long[] dims =
        codebook.isVectors() ? new long[] {count, codebook.dimension()} : new long[] {count};
    return operators.constant(
        Onnx.tensor(names.unique(name + "_codebook"), codebook.values(), dims));
  }

  private String scaled(String name, String rows, Encoding encoding) {
    if (!hasScales(encoding)) {
      return rows;
    }
    String scales =
        operators.constant(
            Onnx.tensor(names.unique(name + "_scale"), encoding.scales(), encoding.channels(), 1));
    return node("Mul", name + "_scaled", rows, scales);
  }

  /** Returns whether the scales are stored: not if all are 1. */
  static boolean hasScales(Encoding encoding) {
    for (float scale : encoding.scales()) {
      if (scale != 1) {
        return true;
      }
    }
    return false;
  }

  private String node(String op, String output, String... inputs) {
    String to = names.unique(output);
    operators.add(Onnx.node(op, List.of(inputs), List.of(to)));
    return to;
  }
}
