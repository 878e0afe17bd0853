package io.halfstep.export;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.graph.Layer;
import io.halfstep.graph.TiedTable;
import io.halfstep.model.Onnx;
import io.halfstep.model.TensorNames;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.quantizer.Target;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The {@linkplain QuantizedNetwork#sharedTables() tables} that a layer and Gathers share, each
 * stored once: as the layer's integers {@code [out, K]}, with a scale for each row.
 *
 * <p>The layer reads them through DequantizeLinear, and a Transpose before it where its weight is
 * {@code [K, out]}; a runtime transposes when it loads the model. A Gather reads rows of integers,
 * which are then multiplied by their scales, gathered likewise: with DequantizeLinear in front, a
 * runtime would dequantize the whole table each time.
 */
final class QdqTables {
  private final QdqOperators operators;
  private final TensorNames names;
  private final Map<String, TiedTable> tables = new HashMap<>();
  private final Map<String, TiedTable> tablesOfLayers = new HashMap<>();
  private final Target target;
  private final Map<String, QuantizedWeight> weights = new HashMap<>();

  /** The integers by the table's name. */
  private final Map<String, String> integers = new HashMap<>();

  QdqTables(QuantizedNetwork network, QdqOperators operators, TensorNames names) {
    this.operators = operators;
    this.target = network.target();
    this.names = names;
    network.layers().forEach(layer -> weights.put(layer.name(), layer.weight()));
    for (TiedTable table : network.sharedTables()) {
      tables.put(table.name(), table);
      tablesOfLayers.put(table.layer().name(), table);
    }
  }

  /** Returns whether a node gathers rows of a shared table. */
  boolean gathers(NodeProto node) {
    return node.getInputCount() > 0 && tables.containsKey(node.getInput(0));
  }

  /** Returns whether a layer's weight is a shared table. */
  boolean isWeightOf(Layer layer) {
    return tablesOfLayers.containsKey(layer.name());
  }

  /** Writes a node that gathers rows: {@code (q − z)·s}. */
  void gather(NodeProto node) {
    TiedTable table = requireNonNull(tables.get(node.getInput(0)));
    Encoding encoding = weight(table).encoding();
    StorageType type = StorageType.ofWeight(encoding.grid(), target);
    String output = node.getOutput(0);
    String rows = names.unique(output + "_quantized");
    operators.add(node.toBuilder().setInput(0, integers(table)).setOutput(0, rows).build());
    String one = operators.constant(Onnx.tensor(names.unique(output + "_one"), new float[] {1}));
    String zero =
        operators.constant(
            Onnx.tensor(
                names.unique(output + "_zero_point"),
                type.onnx(),
                type.pack(encoding.grid(), encoding.zeroPoint(0))));
    String steps = names.unique(output + "_steps");
    operators.linear("DequantizeLinear", List.of(rows, one, zero), steps, List.of());
    String column =
        operators.constant(
            Onnx.tensor(
                names.unique(table.name() + "_row_scale"),
                encoding.scales(),
                encoding.channels(),
                1));
    String scales = names.unique(output + "_scale");
    operators.add(Onnx.node("Gather", List.of(column, node.getInput(1)), List.of(scales)));
    operators.add(Onnx.node("Mul", List.of(steps, scales), List.of(output)));
  }

  /** Writes a layer's weight and returns its name. */
  String dequantized(Layer layer) {
    TiedTable table = requireNonNull(tablesOfLayers.get(layer.name()));
    QuantizedWeight weight = weight(table);
    String turned = integers(table);
    if (layer.layout().channelAxis() != 0) {
      turned = operators.transpose(table.name(), turned, 1, 0);
    }
    return operators.dequantized(
        table.name(),
        turned,
        weight.encoding().grid(),
        QdqParameters.byChannel(weight.encoding(), layer.layout().channelAxis()));
  }

  private QuantizedWeight weight(TiedTable table) {
    return requireNonNull(weights.get(table.layer().name()));
  }

  private String integers(TiedTable table) {
    QuantizedWeight weight = weight(table);
    return integers.computeIfAbsent(
        table.name(),
        name ->
            operators.integers(
                name, weight.encoding().grid(), weight.integers(), weight.out(), weight.k()));
  }
}
