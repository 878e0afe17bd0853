package io.halfstep.stage;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.graph.StageGraph;
import io.halfstep.graph.StoredConstant;
import io.halfstep.graph.StoredConstant.Use;
import io.halfstep.model.Nodes;
import io.halfstep.model.Onnx;
import io.halfstep.model.TensorNames;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.plan.PlanSettings;
import io.halfstep.plan.SettingValues;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Granularity.Unit;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.quantizer.WeightLevels;
import io.halfstep.ranges.OutputMse;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.ranges.WeightRanges;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Half;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A constant of nodes that are not layers, of which the student reads the integers. It is rounded
 * to nearest, since no layer learns it.
 */
public final class RoundedConstant {
  /** Bits with a scale for each row; fewer have one, and a zero point, for each block. */
  private static final int BITS_OF_ROWS = 8;

  private static final Granularity BLOCKS = Granularity.block(16);

  /** The zero points of two blocks are in a byte. */
  private static final int TWO_BLOCKS = 2 * BLOCKS.blockSize();

  private final StoredConstant constant;
  private final LayerPlan plan;
  private final boolean shared;

  /** Computed once, or by chance twice with the same result. */
  private volatile @Nullable QuantizedWeight weight;

  private RoundedConstant(StoredConstant constant, LayerPlan plan, boolean shared) {
    this.constant = constant;
    this.plan = plan;
    this.shared = shared;
  }

  /** Returns the constants that the plan rounds. */
  public static List<RoundedConstant> of(StageGraph graph, Plan plan) {
    return graph.storedConstants().stream()
        .flatMap(constant -> of(constant, plan).stream())
        .toList();
  }

  private static Optional<RoundedConstant> of(StoredConstant constant, Plan plan) {
    int bits = constant.use() == Use.ROWS ? plan.embeddingBits() : BITS_OF_ROWS;
    boolean skipped =
        constant.readers().stream().anyMatch(node -> plan.layer(Nodes.name(node)).isEmpty());
    if (bits == 0 || skipped) {
      return Optional.empty();
    }
    return Optional.ofNullable(constant.layer())
        .flatMap(layer -> plan.layer(layer.name()))
        .filter(RoundedConstant::holdsRows)
        .map(ofLayer -> new RoundedConstant(constant, toNearest(ofLayer.values()), true))
        .or(
            () ->
                Optional.of(
                    new RoundedConstant(
                        constant,
                        constant.use() == Use.WEIGHT
                            ? ofWeight(constant, plan)
                            : ofRows(constant, bits, plan),
                        false)));
  }

  /** Returns the plan of the first node with this weight. */
  private static LayerPlan ofWeight(StoredConstant constant, Plan plan) {
    LayerPlan first = plan.layer(Nodes.name(constant.readers().get(0))).orElseThrow();
    return toNearest(
        first
            .values()
            .with(
                PlanSettings.GRANULARITY,
                first.granularity().whereBlocks(constant.layout().inputAxis() >= 0)));
  }

  /**
   * Returns whether a layer's integers hold a table well enough for all that read its rows: 8 bits
   * per channel, which is a row.
   */
  private static boolean holdsRows(LayerPlan layer) {
    return layer.levels().isUniform()
        && layer.weightGrid().equals(Grid.signed(BITS_OF_ROWS))
        && layer.granularity().unit() == Unit.CHANNEL;
  }

  private static LayerPlan ofRows(StoredConstant constant, int bits, Plan plan) {
    boolean blocks = bits < BITS_OF_ROWS && constant.k() % TWO_BLOCKS == 0;
    return toNearest(
        plan.values()
            .with(PlanSettings.WEIGHTS, blocks ? bits : BITS_OF_ROWS)
            .with(PlanSettings.WEIGHT_GRID, blocks ? WeightGrid.ASYMMETRIC : WeightGrid.SYMMETRIC)
            .with(PlanSettings.GRANULARITY, blocks ? BLOCKS : Granularity.CHANNEL));
  }

  /** The inputs of layers are not known when the constant is read. */
  private static LayerPlan toNearest(SettingValues values) {
    boolean byOutput = values.get(PlanSettings.WEIGHT_RANGES) instanceof OutputMse;
    return new LayerPlan(
        values
            .with(PlanSettings.ROUNDING, RoundingMethod.NEAREST)
            .with(PlanSettings.WEIGHT_LEVELS, WeightLevels.UNIFORM)
            .with(
                PlanSettings.WEIGHT_RANGES,
                byOutput ? new RangeMethod.Mse() : values.get(PlanSettings.WEIGHT_RANGES)));
  }

  /** Returns the constant. */
  public StoredConstant constant() {
    return constant;
  }

  /** Returns how it is rounded. */
  public LayerPlan plan() {
    return plan;
  }

  /** Returns whether its layer has the same integers. */
  public boolean isShared() {
    return shared;
  }

  /** Returns its integers. */
  public QuantizedWeight weight() {
    QuantizedWeight known = weight;
    if (known == null) {
      float[] rows = constant.rows();
      int out = constant.out();
      int k = constant.k();
      Encoding encoding =
          WeightRanges.encode(rows, out, k, plan.weightGrid(), plan.granularity(), plan.ranges());
      known =
          QuantizedWeight.nearest(
              rows, out, k, hasShortScales(encoding) ? withShortScales(encoding) : encoding);
      weight = known;
    }
    return known;
  }

  private boolean hasShortScales(Encoding encoding) {
    return constant.use() == Use.ROWS && encoding.isBlocked();
  }

  /** Rounds the scales of a table's blocks to bfloat16, as they are stored. */
  private static Encoding withShortScales(Encoding encoding) {
    float[] scales = encoding.scales();
    for (int i = 0; i < scales.length; i++) {
      scales[i] = Half.ofBfloat16(Half.toBfloat16(scales[i]));
    }
    return encoding.with(scales, encoding.zeroPoints());
  }

  /** Returns a stage's program with rounded constants; empty if it reads none of them. */
  public static Optional<byte[]> rounded(byte[] program, List<RoundedConstant> constants) {
    if (constants.isEmpty()) {
      return Optional.empty();
    }
    Map<String, RoundedConstant> byName =
        constants.stream().collect(Collectors.toMap(c -> c.constant.name(), Function.identity()));
    ModelProto.Builder model = Onnx.parsed(program).toBuilder();
    GraphProto.Builder graph = model.getGraphBuilder();
    boolean any = false;
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      RoundedConstant constant = byName.get(graph.getInitializer(i).getName());
      if (constant != null) {
        constant.replace(graph, i);
        any = true;
      }
    }
    return any ? Optional.of(model.build().toByteArray()) : Optional.empty();
  }

  /** Replaces the initializer; one of another type than FLOAT is cast from it. */
  private void replace(GraphProto.Builder graph, int initializer) {
    String name = constant.name();
    int type = constant.tensor().getDataType();
    Tensor reals = Tensor.of(constant.layout().fromRows(weight().dequantize()), constant.shape());
    if (type == ElementType.FLOAT.onnx()) {
      graph.setInitializer(initializer, TensorProtos.encode(name, reals));
    } else {
      String single = new TensorNames(graph.build()).unique(name + "_rounded");
      graph.setInitializer(initializer, TensorProtos.encode(single, reals));
      graph.addNode(
          0, Onnx.node("Cast", List.of(single), List.of(name), Onnx.attribute("to", (long) type)));
    }
  }
}
