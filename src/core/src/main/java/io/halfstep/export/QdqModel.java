package io.halfstep.export;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import io.halfstep.branch.TakenBranches;
import io.halfstep.export.opset.OpsetUpgrade;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StoredConstant.Use;
import io.halfstep.model.Nodes;
import io.halfstep.model.Onnx;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.StoredWeight;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A quantized network as a standard ONNX model with QuantizeLinear and DequantizeLinear ([W] §2.1,
 * [O]), which defines what a runtime computes and lets it choose integer kernels.
 *
 * <ul>
 *   <li>A weight is an integer initializer and a DequantizeLinear: up to 4 bits int4 or uint4, two
 *       per byte, signed like its grid; else a byte ({@link StorageType}). Per channel, {@code
 *       axis} is the axis of the output channels; per block, that of the inputs, with {@code
 *       block_size}.
 *   <li>A weight of other bits than 4 and 8 is stored in just these, where that makes the file
 *       smaller, and a function of the model unpacks it ({@link QdqBitPlanes}).
 *   <li>A weight whose levels are those of a codebook is its packed indices, which Gather turns
 *       into levels ({@link QdqCodebooks}).
 *   <li>An activation passes QuantizeLinear and DequantizeLinear after its producer: uint8, or
 *       uint16 beyond 8 bits; for a narrower grid, a Clip comes first. If its encoding has factors,
 *       a Mul by their inverses comes before that, and its readers' weights are stored times the
 *       factors.
 *   <li>Layers with dynamic inputs multiply integers: {@link QdqDynamicInputs}.
 *   <li>A bias is int32 in units of {@code s_w·s_x} if the layer's input is quantized and each
 *       channel has one {@code s_w}, else float.
 *   <li>A table is stored as rows of integers, which a Gather reads ({@link QdqTables}).
 *   <li>Layers of an {@code If}'s branch are in the branch again, as is all that only they need.
 *   <li>Unused nodes and initializers are removed, as is the exporters' documentation of nodes.
 * </ul>
 *
 * <p>4 and 16 bits and blocks need opset 21, everything else 13; an older model is raised ({@link
 * OpsetUpgrade}). If that is impossible, it keeps its opset, and the two operators are the
 * equivalent ones of ONNX Runtime's domain {@code com.microsoft}. The same holds if the model's
 * opset is newer than the operators that ONNX Runtime executes.
 */
public final class QdqModel {
  private static final int PER_CHANNEL_OPSET = 13;
  private static final int PER_BLOCK_OPSET = 21;

  /** ONNX Runtime 1.23 has no QuantizeLinear of opset 23 and later. */
  private static final int NEWEST_QUANTIZE_LINEAR = 22;

  private static final int IR_OF_OPSET_13 = 7;
  private static final int IR_OF_OPSET_21 = 10;

  private final ModelProto proto;
  private final List<String> microsoftOperators;
  private final List<String> notes;

  private QdqModel(ModelProto proto, List<String> microsoftOperators, List<String> notes) {
    this.proto = proto;
    this.microsoftOperators = microsoftOperators;
    this.notes = notes;
  }

  /** Returns the quantized model; the same network gives the same bytes. */
  public static ModelProto of(QuantizedNetwork network) {
    return build(network).proto;
  }

  static QdqModel build(QuantizedNetwork network) {
    int needed = neededOpset(network);
    OpsetUpgrade upgrade = OpsetUpgrade.of(network.graph().model().proto(), needed);
    ModelProto model = upgrade.model();
    int opset = Onnx.opset(model);
    List<String> obstacles = new ArrayList<>(upgrade.obstacles());
    if (opset > NEWEST_QUANTIZE_LINEAR && !network.activations().isEmpty()) {
      obstacles.add("QuantizeLinear: ONNX Runtime does not execute that of opset " + opset);
    }
    boolean standard = obstacles.isEmpty();
    if (!network.dynamic().layers().isEmpty() && opset < QdqDynamicInputs.OPSET) {
      throw new ExportException(
          "dynamic activations need opset %d, and the model has %d and can't be raised: %s"
              .formatted(QdqDynamicInputs.OPSET, opset, String.join("; ", obstacles)),
          null);
    }
    QdqGraph qdq =
        new QdqGraph(model.getGraph(), network, standard ? "" : QdqOperators.MICROSOFT, opset);
    ModelProto inserted =
        (standard ? model : Onnx.withOpset(model, QdqOperators.MICROSOFT, 1))
            .toBuilder().setGraph(qdq.build()).build();
    ModelProto complete = QdqBitPlanes.withFunction(inserted);
    GraphProto graph = TakenBranches.inside(complete.getGraph(), network.graph().takenBranches());
    ModelProto.Builder quantized =
        complete.toBuilder()
            .setGraph(graph)
            .setProducerName("halfstep")
            .clearProducerVersion()
            .setIrVersion(
                Math.max(
                    complete.getIrVersion(),
                    Math.max(needed, opset) >= OpsetUpgrade.NEWEST
                        ? IR_OF_OPSET_21
                        : IR_OF_OPSET_13));
    putMetadata(quantized, metadata(network));
    List<String> notes = new ArrayList<>(qdq.notes());
    addNotes(network, notes);
    return new QdqModel(quantized.build(), obstacles, notes);
  }

  ModelProto proto() {
    return proto;
  }

  /**
   * Returns the operators that prevent raising the model to the required opset; empty for a
   * standard model.
   */
  List<String> microsoftOperators() {
    return microsoftOperators;
  }

  List<String> notes() {
    return notes;
  }

  private static int neededOpset(QuantizedNetwork network) {
    IntStream weights =
        Stream.concat(
                network.layers().stream().map(layer -> layer.weight().encoding()),
                network.stored().stream()
                    .filter(stored -> stored.constant().use() != Use.ROWS)
                    .map(stored -> stored.weight().encoding()))
            .mapToInt(
                encoding -> {
                  if (encoding.codebook() != null) {
                    return PER_CHANNEL_OPSET;
                  }
                  return encoding.isBlocked()
                      ? PER_BLOCK_OPSET
                      : StorageType.ofWeight(encoding.grid(), network.target()).opset();
                });
    IntStream activations =
        network.activations().values().stream()
            .mapToInt(
                encoding -> StorageType.ofActivation(encoding.grid(), network.target()).opset());
    return IntStream.concat(weights, activations)
        .map(opset -> Math.max(PER_CHANNEL_OPSET, opset))
        .max()
        .orElse(network.stored().isEmpty() ? 0 : PER_CHANNEL_OPSET);
  }

  private static Map<String, String> metadata(QuantizedNetwork network) {
    return Map.of(
        "producer", "halfstep",
        "weight_bits",
            bits(network.layers().stream().map(layer -> layer.weight().encoding().grid())),
        "activation_bits", activationBits(network));
  }

  private static String activationBits(QuantizedNetwork network) {
    String fixed = bits(network.activations().values().stream().map(Encoding::grid));
    if (network.dynamic().layers().isEmpty()) {
      return fixed;
    }
    return network.activations().isEmpty() ? "dynamic" : fixed + ",dynamic";
  }

  private static String bits(Stream<Grid> grids) {
    TreeSet<Integer> widths = grids.map(Grid::bits).collect(Collectors.toCollection(TreeSet::new));
    return widths.isEmpty()
        ? "float"
        : widths.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  private static void putMetadata(ModelProto.Builder model, Map<String, String> entries) {
    List<StringStringEntryProto> kept = new ArrayList<>(model.getMetadataPropsList());
    kept.removeIf(entry -> entries.containsKey(entry.getKey()));
    model.clearMetadataProps().addAllMetadataProps(kept);
    new TreeMap<>(entries)
        .forEach(
            (key, value) ->
                model.addMetadataProps(
                    StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
  }

  private static void addNotes(QuantizedNetwork network, List<String> notes) {
    Set<String> divided =
        network.layers().stream()
            .filter(layer -> !layer.weight().encoding().factors().isNone())
            .map(QuantizedLayer::name)
            .collect(Collectors.toSet());
    long equalized =
        network.graph().layers().stream()
            .filter(layer -> divided.contains(layer.name()))
            .map(Layer::input)
            .distinct()
            .count();
    if (equalized > 0) {
      notes.add(
          "%d %s rounded after a division of each channel by a power of two (a Mul in front of QuantizeLinear), since few channels hold the large values; the weights that read them are multiplied by it"
              .formatted(equalized, equalized == 1 ? "activation is" : "activations are"));
    }
    for (StoredWeight table : network.stored()) {
      Layer layer = table.constant().layer();
      if (layer != null && table.shared()) {
        notes.add(
            "%s: rounded to nearest, since a Gather reads rows of the same integers: %s"
                .formatted(
                    layer.name(),
                    table.constant().readers().stream()
                        .map(Nodes::name)
                        .collect(Collectors.joining(", "))));
      }
    }
    long codebooks =
        network.layers().stream()
            .filter(layer -> layer.weight().encoding().codebook() != null)
            .count();
    if (codebooks > 0) {
      notes.add(
          "%d of %d layers have levels that are not uniform: ONNX Runtime looks them up when it loads the model, and computes in float"
              .formatted(codebooks, network.layers().size()));
    }
    if (hasMatMulNBits(network)) {
      notes.add(
          "ONNX Runtime multiplies by 4-bit blocks with inputs rounded to 8 bits (MatMulNBits), which"
              + " is fast; set session.qdq_matmulnbits_accuracy_level to 1 to keep them in float");
    }
  }

  /** ONNX Runtime 1.23 does so for blocks of 16, 32, 64, 128 and 256. */
  private static boolean hasMatMulNBits(QuantizedNetwork network) {
    Set<String> products =
        network.graph().layers().stream()
            .filter(layer -> layer.operator().hasBlockKernel())
            .map(Layer::name)
            .collect(Collectors.toSet());
    return network.layers().stream()
        .filter(layer -> products.contains(layer.name()))
        .map(layer -> layer.weight().encoding())
        .anyMatch(
            encoding -> {
              int size = encoding.granularity().blockSize();
              return encoding.grid().bits() <= 4
                  && size >= 16
                  && size <= QdqOperators.GREATEST_KERNEL_BLOCK
                  && Integer.bitCount(size) == 1;
            });
  }
}
