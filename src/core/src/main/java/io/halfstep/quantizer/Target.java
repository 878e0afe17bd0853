package io.halfstep.quantizer;

import static io.halfstep.quantizer.Target.Rule.ALL_ACTIVATIONS;
import static io.halfstep.quantizer.Target.Rule.BOUNDED_PAIRS;
import static io.halfstep.quantizer.Target.Rule.NO_BLOCKS;
import static io.halfstep.quantizer.Target.Rule.ONNX_RUNTIME;
import static io.halfstep.quantizer.Target.Rule.PACKED_WEIGHTS;
import static io.halfstep.quantizer.Target.Rule.SIGNED_ACTIVATIONS;
import static io.halfstep.quantizer.Target.Rule.SYMMETRIC_WEIGHTS;
import static io.halfstep.quantizer.Target.Rule.UNSIGNED_WEIGHTS;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The runtime that executes the quantized model, and what it asks of integers. Of the bits of
 * weights and activations, the first are the default; 0 are float activations, and {@link #DYNAMIC}
 * 8 bits with ranges that the runtime computes.
 */
@SuppressWarnings("ImmutableEnumChecker") // List.of and Set.of are unmodifiable
public enum Target {
  ONNXRUNTIME_CPU(
      "ONNX Runtime on any processor: weights of 5 to 8 bits stored as uint8.",
      List.of(4, 2, 3, 5, 6, 7, 8),
      List.of(8, 2, 3, 4, 5, 6, 7, 16, 0, Target.DYNAMIC),
      UNSIGNED_WEIGHTS,
      PACKED_WEIGHTS,
      ONNX_RUNTIME),
  ONNXRUNTIME_CPU_AVX2(
      "ONNX Runtime, int8 weights of 8 bits, bounded so that its kernels for AVX2 add exactly.",
      List.of(8, 2, 3, 4, 5, 6, 7),
      List.of(8, 2, 3, 4, 5, 6, 7, 16, 0, Target.DYNAMIC),
      SYMMETRIC_WEIGHTS,
      PACKED_WEIGHTS,
      BOUNDED_PAIRS,
      ONNX_RUNTIME),
  QNN(
      "Qualcomm's QNN: every activation uint8 or uint16, weights int8 or int4.",
      List.of(8, 4),
      List.of(8, 16),
      SYMMETRIC_WEIGHTS,
      NO_BLOCKS,
      ALL_ACTIVATIONS),
  TENSORRT(
      "NVIDIA's TensorRT: weights and activations int8, all zero points 0.",
      List.of(8),
      List.of(8),
      SYMMETRIC_WEIGHTS,
      NO_BLOCKS,
      SIGNED_ACTIVATIONS),
  OPENVINO(
      "Intel's OpenVINO: weights int8 with zero point 0, activations uint8.",
      List.of(8),
      List.of(8),
      SYMMETRIC_WEIGHTS,
      NO_BLOCKS),
  GENERIC_INT8(
      "Runtimes that want int8 weights with zero point 0, as most accelerators do.",
      List.of(4, 2, 3, 5, 6, 7, 8),
      List.of(8, 2, 3, 4, 5, 6, 7, 16, 0)),
  WEIGHT_ONLY(
      "Any runtime that computes in float: small files, activations stay as they are.",
      List.of(4, 2, 3, 5, 6, 7, 8),
      List.of(0),
      UNSIGNED_WEIGHTS,
      ONNX_RUNTIME);

  /**
   * Stands for the bits of activations with dynamic ranges: 8 bits over the values that a tensor
   * has when the model runs (ONNX's DynamicQuantizeLinear).
   */
  public static final int DYNAMIC = -8;

  /** What a runtime asks for. */
  public enum Rule {
    /**
     * Weights of 5 to 8 bits are stored as uint8, counted from the lowest integer of a signed grid.
     */
    UNSIGNED_WEIGHTS,
    /** Weights may take just their bits in the file: the runtime unpacks them when it loads it. */
    PACKED_WEIGHTS,
    /** Zero points of weights are 0. */
    SYMMETRIC_WEIGHTS,
    /** Weights of 8 bits beside activations of a byte are within a {@link PairBound}. */
    BOUNDED_PAIRS,
    /** Weights have a scale per tensor or channel, not per block. */
    NO_BLOCKS,
    /** Activations are int8 with zero point 0, even if none is negative. */
    SIGNED_ACTIVATIONS,
    /** All activations are quantized, not only those that layers read. */
    ALL_ACTIVATIONS,
    /** ONNX Runtime's own kernels execute the model, so it is checked with them. */
    ONNX_RUNTIME
  }

  private final String summary;
  private final List<Integer> weightBits;
  private final List<Integer> activationBits;
  private final Set<Rule> rules;

  Target(String summary, List<Integer> weightBits, List<Integer> activationBits, Rule... rules) {
    this.summary = summary;
    this.weightBits = weightBits;
    this.activationBits = activationBits;
    this.rules = Set.of(rules);
  }

  /** Returns the name in plans and help. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Returns what it stands for, in a sentence. */
  public String summary() {
    return summary;
  }

  /** Returns the possible bits of weights, the default first. */
  public List<Integer> weightBits() {
    return weightBits;
  }

  /** Returns the possible bits of activations, the default first; 0 is float. */
  public List<Integer> activationBits() {
    return activationBits;
  }

  /** Returns whether the runtime asks for this. */
  public boolean has(Rule rule) {
    return rules.contains(rule);
  }
}
