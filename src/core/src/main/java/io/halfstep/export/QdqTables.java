package io.halfstep.export;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StoredConstant;
import io.halfstep.graph.StoredConstant.Use;
import io.halfstep.model.Onnx;
import io.halfstep.model.TensorNames;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.StoredWeight;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.tensor.ElementType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tables of which Gathers read rows, each stored once as integers.
 *
 * <p>A Gather reads rows of integers, which are then multiplied by their scales, gathered likewise:
 * with DequantizeLinear in front, a runtime would dequantize the whole table each time. Blocks have
 * zero points, gathered too. Where a byte holds two integers, shifts and a Concat bring them back
 * in order.
 *
 * <p>A layer with the same integers {@code [out, K]} reads them through DequantizeLinear, and a
 * Transpose before it where its weight is {@code [K, out]}; a runtime transposes when it loads the
 * model.
 */
final class QdqTables {
  /** The first opset that gathers bfloat16 numbers; it shifts bits, too. */
  private static final int FIRST_TO_UNPACK = 13;

  private final QdqOperators operators;
  private final TensorNames names;
  private final Map<String, StoredWeight> tables = new HashMap<>();
  private final Map<String, StoredWeight> tablesOfLayers = new HashMap<>();
  private final boolean packs;

  /** The rows by the table's name. */
  private final Map<String, QdqRows> rows = new HashMap<>();

  /**
   * @param opset the version of ONNX's operators in the graph
   */
  QdqTables(QuantizedNetwork network, QdqOperators operators, TensorNames names, int opset) {
    this.operators = operators;
    this.names = names;
    this.packs = opset >= FIRST_TO_UNPACK;
    for (StoredWeight table : network.stored()) {
      if (table.constant().use() != Use.ROWS) {
        continue;
      }
      tables.put(table.constant().name(), table);
      Layer layer = table.constant().layer();
      if (layer != null && table.shared()) {
        tablesOfLayers.put(layer.name(), table);
      }
    }
  }

  /** Returns whether a node gathers rows of a stored table. */
  boolean gathers(NodeProto node) {
    return node.getInputCount() > 0 && tables.containsKey(node.getInput(0));
  }

  /** Returns whether a layer's weight is stored as a table. */
  boolean isWeightOf(Layer layer) {
    return tablesOfLayers.containsKey(layer.name());
  }

  /** Writes a node that gathers rows: {@code (q − z)·s}. */
  void gather(NodeProto node) {
    StoredWeight table = requireNonNull(tables.get(node.getInput(0)));
    QdqRows of = rows(table);
    String output = node.getOutput(0);
    String indices = node.getInput(1);
    String bytes = names.unique(output + "_quantized");
    operators.add(node.toBuilder().setInput(0, of.integers()).setOutput(0, bytes).build());
    boolean blocked = table.weight().encoding().isBlocked();
    String steps = names.unique(output + "_steps");
    if (blocked) {
      String zeros = gathered(of.zeroPoints(), indices, output + "_zero_point");
      operators.add(
          Onnx.node("Sub", List.of(integers(bytes, of), integers(zeros, of)), List.of(steps)));
    } else {
      String one = operators.constant(Onnx.tensor(names.unique(output + "_one"), new float[] {1}));
      operators.linear("DequantizeLinear", List.of(bytes, one, of.zeroPoints()), steps, List.of());
    }
    String stored = gathered(of.scales(), indices, output + "_scale");
    String scales = of.packed() ? single(stored) : stored;
    int type = table.constant().tensor().getDataType();
    boolean cast = type != ElementType.FLOAT.onnx();
    String reals = cast ? names.unique(output + "_float") : output;
    String product = blocked ? names.unique(output + "_blocks") : reals;
    operators.add(Onnx.node("Mul", List.of(steps, scales), List.of(product)));
    if (blocked) {
      joined(product, indices, table.constant(), reals);
    }
    if (cast) {
      operators.cast(reals, output, type);
    }
  }

  private String gathered(String from, String indices, String to) {
    String rows = names.unique(to);
    operators.add(Onnx.node("Gather", List.of(from, indices), List.of(rows)));
    return rows;
  }

  /** Returns the integers of blocks, as FLOAT. */
  private String integers(String bytes, QdqRows of) {
    return single(of.packed() ? unpacked(bytes) : bytes);
  }

  private String single(String from) {
    String to = names.unique(from + "_float");
    operators.cast(from, to, ElementType.FLOAT.onnx());
    return to;
  }

  /** Returns the integers of bytes that hold two, {@code [..., blocks, numbers]}. */
  private String unpacked(String bytes) {
    String four =
        operators.constant(
            Onnx.tensor(
                names.unique(bytes + "_four"),
                StorageType.UINT8.onnx(),
                StorageType.UINT8.pack(Grid.unsigned(8), 4)));
    String cleared = shifted(bytes, four, "LEFT");
    String low = shifted(cleared, four, "RIGHT");
    String high = shifted(bytes, four, "RIGHT");
    String integers = names.unique(bytes + "_unpacked");
    operators.add(
        Onnx.node("Concat", List.of(low, high), List.of(integers), Onnx.attribute("axis", -2)));
    return integers;
  }

  private String shifted(String from, String by, String direction) {
    String to = names.unique(from + "_shifted");
    operators.add(
        Onnx.node(
            "BitShift", List.of(from, by), List.of(to), Onnx.attribute("direction", direction)));
    return to;
  }

  /** Joins the blocks of rows: {@code [indices..., shape of a row]}. */
  private void joined(String blocks, String indices, StoredConstant table, String output) {
    long[] row = Arrays.copyOfRange(table.shape(), 1, table.shape().length);
    String ofIndices = names.unique(output + "_indices");
    operators.add(Onnx.node("Shape", List.of(indices), List.of(ofIndices)));
    String ofRow = operators.constant(Onnx.tensor(names.unique(output + "_row"), row, row.length));
    String shape = names.unique(output + "_shape");
    operators.add(
        Onnx.node("Concat", List.of(ofIndices, ofRow), List.of(shape), Onnx.attribute("axis", 0)));
    operators.add(Onnx.node("Reshape", List.of(blocks, shape), List.of(output)));
  }

  /** Writes a layer's weight and returns its name. */
  String dequantized(Layer layer) {
    StoredWeight table = requireNonNull(tablesOfLayers.get(layer.name()));
    Encoding encoding = table.weight().encoding();
    String name = table.constant().name();
    String turned = rows(table).integers();
    if (layer.layout().channelAxis() != 0) {
      turned = operators.transpose(name, turned, 1, 0);
    }
    return operators.dequantized(
        name,
        turned,
        encoding.grid(),
        QdqParameters.byChannel(encoding, layer.layout().channelAxis()));
  }

  /** Returns the name of the integers {@code [K, out]} of a layer's weight. */
  String columns(Layer layer) {
    StoredWeight table = requireNonNull(tablesOfLayers.get(layer.name()));
    return operators.transpose(table.constant().name(), rows(table).integers(), 1, 0);
  }

  private QdqRows rows(StoredWeight table) {
    return rows.computeIfAbsent(
        table.constant().name(), name -> QdqRows.write(table, operators, names, packs));
  }
}
