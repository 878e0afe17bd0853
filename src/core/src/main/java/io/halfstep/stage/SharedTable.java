package io.halfstep.stage;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.InvalidProtocolBufferException;
import io.halfstep.graph.Layer;
import io.halfstep.graph.TiedTable;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.PlanSettings;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity.Unit;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.ranges.OutputMse;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.ranges.WeightRangeMethod;
import io.halfstep.ranges.WeightRanges;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A table of which the student's Gathers read the integers of the layer that it is the weight of,
 * so that the exported model holds it once. Gathers come before the layer has learned; so it is
 * rounded to nearest.
 *
 * @param plan of the layer
 */
public record SharedTable(TiedTable tied, LayerPlan plan) {
  /**
   * Returns the table if 8 bits per channel, which are a row of the table, hold it well enough for
   * all that reads the rows.
   *
   * @param plan of the layer
   */
  public static Optional<SharedTable> of(TiedTable tied, LayerPlan plan) {
    boolean fits =
        plan.weightGrid().equals(Grid.signed(8)) && plan.granularity().unit() == Unit.CHANNEL;
    return fits
        ? Optional.of(
            new SharedTable(
                tied,
                new LayerPlan(
                    plan.values()
                        .with(PlanSettings.ROUNDING, RoundingMethod.NEAREST)
                        .with(PlanSettings.WEIGHT_RANGES, ranges(plan)))))
        : Optional.empty();
  }

  /** The layer's inputs are not known when its rows are gathered. */
  private static WeightRangeMethod ranges(LayerPlan plan) {
    return plan.ranges() instanceof OutputMse ? new RangeMethod.Mse() : plan.ranges();
  }

  /** Returns a stage's program with rounded tables; empty if it reads none of them. */
  static Optional<byte[]> rounded(byte[] program, List<SharedTable> tables) {
    if (tables.isEmpty()) {
      return Optional.empty();
    }
    Map<String, SharedTable> byName =
        tables.stream().collect(Collectors.toMap(t -> t.tied().name(), Function.identity()));
    ModelProto.Builder model = parsed(program).toBuilder();
    GraphProto.Builder graph = model.getGraphBuilder();
    boolean any = false;
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      String name = graph.getInitializer(i).getName();
      SharedTable table = byName.get(name);
      if (table != null) {
        graph.setInitializer(i, TensorProtos.encode(name, table.rounded()));
        any = true;
      }
    }
    return any ? Optional.of(model.build().toByteArray()) : Optional.empty();
  }

  private static ModelProto parsed(byte[] program) {
    try {
      return ModelProto.parseFrom(program);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private Tensor rounded() {
    Layer layer = tied.layer();
    int out = layer.layout().out();
    int k = layer.layout().k();
    float[] rows = layer.layout().toRows(layer.weight().floats());
    Encoding encoding =
        WeightRanges.encode(rows, out, k, plan.weightGrid(), plan.granularity(), plan.ranges());
    return Tensor.of(QuantizedWeight.nearest(rows, out, k, encoding).dequantize(), out, k);
  }
}
