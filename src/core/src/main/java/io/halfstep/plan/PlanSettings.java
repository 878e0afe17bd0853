package io.halfstep.plan;

import io.halfstep.plan.Plan.ActivationGrid;
import io.halfstep.plan.Plan.BiasCorrection;
import io.halfstep.plan.Plan.Equalize;
import io.halfstep.plan.Plan.Learn;
import io.halfstep.plan.Plan.Quantize;
import io.halfstep.plan.Plan.Schedule;
import io.halfstep.plan.Plan.Sensitivity;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.plan.Plan.WeightScales;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Target;
import io.halfstep.quantizer.WeightLevels;
import io.halfstep.ranges.ActivationRangeMethod;
import io.halfstep.ranges.GivenRange;
import io.halfstep.ranges.RangeMethods;
import io.halfstep.ranges.WeightRangeMethod;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingMethod;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How to quantize: the settings of a {@link Plan}. */
public final class PlanSettings {
  /** The least bits per weight. */
  public static final int LEAST_BITS = 2;

  /** The most bits per weight. */
  public static final int MOST_BITS = 8;

  /** Bits per weight. */
  public static final Setting<Integer> WEIGHTS =
      Setting.open(
              "weights",
              Syntax.whole("BITS", LEAST_BITS, MOST_BITS),
              "4; 7 for onnxruntime-cpu-avx2; 8 for qnn, tensorrt, openvino",
              "Bits per weight, 2 to 8.")
          .byLayer("bits");

  /** What the weights may cost, if each layer may have its own width. */
  public static final Setting<Budget> BUDGET =
      Setting.open(
          "budget",
          new Parsed<>(Budget.class, Budget.FORM, Budget.EXPECTED, Budget::parse),
          "",
          "Mixed precision, instead of --weights: each layer has the bits with which the output loses"
              + " least within the budget; layers keep the bits that a plan gives them. bits: bits per"
              + " weight, on average. size: bytes of the weights in the file. bops: bit operations for"
              + " a sample, the sum of multiplications x bits of the weight x bits of the activation."
              + " table: the sum of the costs in a CSV file with the header"
              + " layer,weights,activations,cost, e.g. as measured on a device. With bops and table,"
              + " bits of activations are chosen, too, unless --activations or a plan says them.");

  /** What the network may lose, if each layer may have its own width. */
  public static final Setting<Drop> MAX_DROP =
      Setting.open(
          "max-drop",
          new Parsed<>(Drop.class, "NdB|N%", Drop.EXPECTED, Drop::parse),
          "",
          "Mixed precision with the least bits per weight, or what a --budget without a number counts,"
              + " that stays within this: measured on samples held back, by a few whole runs. dB: what"
              + " the outputs' SQNR may be below that with the most bits. %: the share of predictions"
              + " that may differ from the float network's.");

  /** How the choice of widths tells what fewer bits of a layer lose. */
  public static final Setting<Sensitivity> SENSITIVITY =
      Setting.of(
          "sensitivity",
          Syntax.choice(Sensitivity.class),
          Sensitivity.OUTPUT,
          "How --budget and --max-drop tell what the outputs lose by fewer bits of a layer's weight."
              + " output: by a short run with this layer alone quantized, for each layer."
              + " hessian-trace: by the trace of the Hessian of the outputs' error, times the change"
              + " of the weight. fisher: by the curvature of the error along each weight. These two"
              + " take one gradient of 128 samples, which is faster; they choose no bits of"
              + " activations.");

  /** Bits per activation; 0 leaves activations in float; {@link Target#DYNAMIC}. */
  public static final Setting<Integer> ACTIVATIONS =
      Setting.open(
              "activations",
              new BitsOrWord(
                  "BITS|dynamic|float",
                  "a whole number from 2 to 8, or 16, or dynamic or float",
                  "[2-8]|16",
                  Map.of("float", 0, "dynamic", Target.DYNAMIC)),
              "8; float for weight-only",
              "Bits per activation, 2 to 8 or 16, or float to leave them. dynamic: 8 bits for the"
                  + " inputs of MatMul and Gemm, with ranges that the runtime computes when the model"
                  + " runs; other layers' inputs stay in float.")
          .byLayer();

  /** Granularity of the weights' scales. */
  public static final Setting<Granularity> GRANULARITY =
      Setting.of(
              "granularity",
              new Granularities(),
              Granularity.CHANNEL,
              "One weight scale per layer, or one per output channel, or one per channel and block"
                  + " of so many inputs, e.g. block:32. Blocks are for MatMul, Gemm and 1x1"
                  + " convolutions; other convolutions take one scale per channel.")
          .byLayer();

  /** The integers of a weight, and whether its zero points are 0. */
  public static final Setting<WeightGrid> WEIGHT_GRID =
      Setting.open(
              "weight-grid",
              Syntax.choice(WeightGrid.class),
              "symmetric, asymmetric at 2 bits",
              "Whether weights have a zero point; at 2 bits it gains more than it costs. restricted:"
                  + " symmetric without the lowest integer, e.g. -7 to 7 with 4 bits.")
          .byLayer();

  /** The levels that weights may take. */
  public static final Setting<WeightLevels> WEIGHT_LEVELS =
      Setting.of(
              "weight-levels",
              new Levels(),
              WeightLevels.UNIFORM,
              "For research: levels of weights that are not evenly spaced; such layers compute in"
                  + " float. power-of-two: 0 and powers of two with a sign. codebook: by k-means."
                  + " ternary: -1, 0, 1. binary: -1, 1; binary:2 and binary:3 are sums of as many"
                  + " binary weights. product:D: vectors of D weights, by k-means. Each is times a"
                  + " scale; --weights are the bits of an index, but for ternary and binary.")
          .byLayer();

  /** Whether weights that are 0 stay 0. */
  public static final Setting<Boolean> KEEP_ZEROS =
      Setting.of(
              "keep-zeros",
              Syntax.flag(),
              false,
              "Weights that are 0, as in a pruned network, stay 0.")
          .byLayer();

  /** The integers of an activation, and whether its zero point is 0. */
  public static final Setting<ActivationGrid> ACTIVATION_GRID =
      Setting.open(
              "activation-grid",
              Syntax.choice(ActivationGrid.class),
              "asymmetric; signed for tensorrt",
              "Whether activations have a zero point. symmetric: none; the integers are signed, or"
                  + " unsigned where no value is negative. signed: none; all integers are signed.")
          .byLayer();

  /** The solver. */
  public static final Setting<RoundingMethod> ROUNDING =
      Setting.of(
              "rounding",
              Syntax.choice("METHOD", RoundingMethod.class),
              RoundingMethod.LATTICE,
              Stream.concat(
                      Stream.of("The solver that rounds the weights."),
                      Arrays.stream(RoundingMethod.values())
                          .map(method -> "  %-16s  %s".formatted(method.label(), method.summary())))
                  .toArray(String[]::new))
          .byLayer();

  /** The trade-off between the solver's time and error. */
  public static final Setting<Effort> EFFORT =
      Setting.of(
          "effort",
          Syntax.choice(Effort.class),
          Effort.NORMAL,
          "How much time lattice, lattice-samples and exact may spend to lower the error.");

  /** How far the lattice and exact solvers may move a weight. */
  public static final Setting<Reach> REACH =
      Setting.of(
              "reach",
              Syntax.choice(Reach.class),
              Reach.GRID,
              "Which levels lattice, lattice-samples and exact may round a weight to: every level of"
                  + " the grid, or only the two next to the weight.")
          .byLayer();

  /** What chooses a weight's scales and zero points. */
  public static final Setting<WeightScales> WEIGHT_SCALES =
      Setting.open(
          "weight-scales",
          Syntax.choice(WeightScales.class),
          "kept, learned at 2 bits",
          "kept: weight scales are as --ranges chooses them. learned: lattice, lattice-samples and"
              + " exact choose scales and zero points together with the rounding.");

  /** Whether the biases of layers are corrected. */
  public static final Setting<BiasCorrection> BIAS_CORRECTION =
      Setting.of(
          "bias-correction",
          Syntax.choice(BiasCorrection.class),
          BiasCorrection.OFF,
          "The bias of a layer makes up for the change of its output's mean. empirical: as seen in"
              + " calibration. analytic: for the mean of its input that the batch norms before it"
              + " imply. Layers without a bias stay as they are, and for analytic those behind other"
              + " functions than ReLU, Clip, sums and pooling. The lattice solver leaves little to"
              + " correct.");

  /** What is learned by gradient once layers are rounded. */
  public static final Setting<Learn> LEARN =
      Setting.of(
              "learn",
              Syntax.choice(Learn.class),
              Learn.OFF,
              "Learns weights, biases and steps by gradient once layers are rounded, without labels;"
                  + " for 2 to 4 bits, above all of activations. blocks: block after block (of a"
                  + " residual network, a block is what a shortcut spans), from what the float block"
                  + " computes; takes minutes. network: then all layers together, from the float"
                  + " network's outputs; takes longer. What is not better on samples held back is"
                  + " dropped.")
          .byLayer();

  /** Which layers are equalized before they are quantized. */
  public static final Setting<Equalize> EQUALIZE =
      Setting.of(
          "equalize",
          Syntax.choice(Equalize.class),
          Equalize.OFF,
          "Moves scale between two layers so that the weights of a channel have the same range in"
              + " both; the float network computes the same. For one scale per layer (--granularity"
              + " tensor). relu: through ReLU, LeakyReLU, PReLU and pooling. clip: also through ReLU6,"
              + " which becomes a ReLU and a limit for each channel.");

  /** Whether high biases are absorbed by the next layer before layers are quantized. */
  public static final Setting<Boolean> ABSORB_BIAS =
      Setting.of(
          "absorb-bias",
          Syntax.flag(),
          false,
          "Moves what a channel between two layers nearly always exceeds, the mean less 3 deviations"
              + " of the batch norm before it, to the bias of the second, so that ranges of"
              + " activations are smaller. Through ReLU, and with --equalize clip through ReLU6. Not"
              + " into convolutions with padding.");

  /** Which activations are quantized. */
  public static final Setting<Quantize> QUANTIZE =
      Setting.open(
          "quantize",
          Syntax.choice(Quantize.class),
          "layers; all for qnn",
          "layers: activations are rounded where layers read them, and there only. products: also"
              + " where a MatMul multiplies two of them, as in attention. all: inputs and outputs of"
              + " all operators are, so that a runtime computes in integers from end to end.");

  /** Bits of embedding tables; 0 leaves them in float. */
  public static final Setting<Integer> EMBEDDINGS =
      Setting.of(
          "embeddings",
          new BitsOrWord("8|4|float", "8, 4 or float", "[84]", Map.of("float", 0)),
          8,
          "Bits of embedding tables (Gather): 8 with a scale for each row, 4 with a scale and a"
              + " zero point for each 16 numbers of a row, or float to leave them. They are rounded"
              + " to nearest.");

  /** The runtime that executes the model. */
  public static final Setting<Target> TARGET =
      Setting.of(
          "target",
          Syntax.choice("RUNTIME", Target.class),
          Target.ONNXRUNTIME_CPU,
          Stream.concat(
                  Stream.of(
                      "The runtime that executes the model. It decides the defaults of some settings,"
                          + " and refuses others."),
                  Arrays.stream(Target.values())
                      .map(t -> "  %-20s  %s".formatted(t.label(), t.summary())))
              .toArray(String[]::new));

  /** The order in which layers learn. */
  public static final Setting<Schedule> SCHEDULE =
      Setting.of(
          "schedule",
          Syntax.choice(Schedule.class),
          Schedule.WAVE,
          "wave: layer after layer, each learns from quantized inputs. parallel: all layers in one"
              + " pass, faster and with nothing kept, for 4 bits and more.");

  /** How weight scales are chosen. */
  public static final Setting<WeightRangeMethod> WEIGHT_RANGES =
      ranges(
              "ranges.weights",
              new Ranges<>(
                  WeightRangeMethod.class, RangeMethods.OF_WEIGHTS, WeightRangeMethod::label))
          .byLayer("weight-ranges");

  /** How activation ranges are chosen. */
  public static final Setting<ActivationRangeMethod> ACTIVATION_RANGES =
      ranges(
              "ranges.activations",
              new Ranges<>(
                  ActivationRangeMethod.class,
                  RangeMethods.OF_ACTIVATIONS,
                  ActivationRangeMethod::label))
          .byLayer("activation-ranges");

  /** A file with encodings that are given. */
  public static final Setting<Path> ENCODINGS_IN =
      Setting.open(
          "encodings-in",
          Syntax.path("FILE.json"),
          "",
          "Takes scales and zero points from a file that --encodings or AIMET (1.0.0) has written:"
              + " what it names is not calibrated, and only the rounding of the weights is optimized;"
              + " what it does not name is quantized as the other options say.");

  /** The seed of every random choice. */
  public static final Setting<Long> SEED =
      Setting.of(
          "seed",
          Syntax.wholeLong("N", Long.MIN_VALUE, Long.MAX_VALUE),
          0L,
          "Fixes every random choice; the same seed gives the same file.");

  /** Whether the layer stays in float. */
  public static final Setting<Boolean> SKIP =
      Setting.of("skip", Syntax.flag(), false, "Leaves the layer in float.").byLayer();

  /** The settings of all layers, in the order of the help. */
  public static final List<Setting<?>> ALL =
      List.of(
          WEIGHTS,
          BUDGET,
          MAX_DROP,
          SENSITIVITY,
          ACTIVATIONS,
          GRANULARITY,
          WEIGHT_GRID,
          WEIGHT_LEVELS,
          KEEP_ZEROS,
          ACTIVATION_GRID,
          ROUNDING,
          EFFORT,
          REACH,
          WEIGHT_SCALES,
          BIAS_CORRECTION,
          LEARN,
          EQUALIZE,
          ABSORB_BIAS,
          QUANTIZE,
          EMBEDDINGS,
          TARGET,
          SCHEDULE,
          WEIGHT_RANGES,
          ACTIVATION_RANGES,
          ENCODINGS_IN,
          SEED);

  /** The settings that single layers can override. */
  public static final List<Setting<?>> OF_LAYERS =
      Stream.concat(ALL.stream(), Stream.of(SKIP))
          .filter(setting -> setting.layerName() != null)
          .toList();

  /** The settings that single activations can override. */
  public static final List<Setting<?>> OF_TENSORS =
      List.of(ACTIVATIONS, ACTIVATION_GRID, ACTIVATION_RANGES);

  private PlanSettings() {}

  private static <M> Setting<M> ranges(String name, Ranges<M> syntax) {
    return Setting.of(
        name,
        syntax,
        syntax.methods().parse("mse"),
        "How clipping ranges are chosen: minmax, mse, lp:P or percentile:P for both, or one for each"
            + " as in weights=output-mse,activations=kl, which are for weights and activations only."
            + " Activations also take cross-entropy, batch-norm and moving-average:N.");
  }

  private record Parsed<T>(Class<T> type, String form, String expected, Function<String, T> parser)
      implements Syntax<T> {
    @Override
    public T read(String text) {
      return parser.apply(text);
    }
  }

  /** Bits that match the pattern, or a word that stands for a number. */
  private record BitsOrWord(
      String form, String expected, String pattern, Map<String, Integer> named)
      implements Syntax<Integer> {
    @Override
    public Class<?> type() {
      return Integer.class;
    }

    @Override
    public @Nullable Integer read(String text) {
      Integer word = named.get(text.toLowerCase(Locale.ROOT));
      return word == null && text.matches(pattern) ? Integer.valueOf(text) : word;
    }

    @Override
    public String write(Integer value) {
      return named.entrySet().stream()
          .filter(word -> word.getValue().equals(value))
          .map(Map.Entry::getKey)
          .findFirst()
          .orElseGet(value::toString);
    }
  }

  private record Granularities() implements Syntax<Granularity> {
    @Override
    public Class<?> type() {
      return Granularity.class;
    }

    @Override
    public String form() {
      return "tensor|channel|block:SIZE";
    }

    @Override
    public String expected() {
      return "tensor, channel or \"block:SIZE\" with SIZE at least 2, e.g. \"block:32\"";
    }

    @Override
    public Granularity read(String text) {
      return Granularity.parse(text.toLowerCase(Locale.ROOT));
    }

    @Override
    public String write(Granularity value) {
      return value.label();
    }
  }

  private record Levels() implements Syntax<WeightLevels> {
    @Override
    public Class<?> type() {
      return WeightLevels.class;
    }

    @Override
    public String form() {
      return "LEVELS";
    }

    @Override
    public String expected() {
      return WeightLevels.EXPECTED;
    }

    @Override
    public WeightLevels read(String text) {
      return WeightLevels.parse(text.toLowerCase(Locale.ROOT));
    }

    @Override
    public String write(WeightLevels value) {
      return value.label();
    }
  }

  private record Ranges<M>(Class<M> type, RangeMethods<M> methods, Function<M, String> label)
      implements Syntax<M> {
    @Override
    public String form() {
      return "METHOD";
    }

    @Override
    public String expected() {
      return methods.expected();
    }

    @Override
    public M read(String text) {
      return methods.parse(text);
    }

    @Override
    public String write(M value) {
      return label.apply(value);
    }

    /** Java may also set methods that have no name in plan files. */
    @Override
    public boolean allows(M value) {
      return true;
    }

    @Override
    public @Nullable Object hocon(M value) {
      return value instanceof GivenRange ? null : write(value);
    }
  }
}
