package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Target;
import io.halfstep.quantizer.WeightLevels;
import io.halfstep.ranges.ActivationRangeMethod;
import io.halfstep.ranges.WeightRangeMethod;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingMethod;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How to quantize a network, with overrides for some layers and activations.
 *
 * @param values of {@link PlanSettings}; a missing one has its default
 * @param overrides of layers; later ones win
 * @param tensors overrides of activations; later ones win
 */
public record Plan(
    SettingValues values, List<LayerOverride> overrides, List<TensorOverride> tensors) {
  private static final SettingValues DEFAULTS = SettingValues.defaults(PlanSettings.ALL);

  /** Four-bit weights per channel, eight-bit activations, the lattice solver, layer after layer. */
  public static final Plan DEFAULT = new Plan(SettingValues.NONE, List.of(), List.of());

  /** The integers of a weight, and its zero points ([W] §2.1–2.3). */
  public enum WeightGrid {
    /** {@code [−2^(b−1), 2^(b−1)−1]}; zero points are 0. */
    SYMMETRIC,
    /** {@code [−(2^(b−1)−1), 2^(b−1)−1]}; zero points are 0. */
    RESTRICTED,
    /** {@code [0, 2^b−1]}, with any zero points. */
    ASYMMETRIC
  }

  /** The integers of an activation, and its zero point ([W] §2.1–2.3). */
  public enum ActivationGrid {
    /** {@code [0, 2^b−1]}, with any zero point. */
    ASYMMETRIC,
    /**
     * {@code [−2^(b−1), 2^(b−1)−1]}, or {@code [0, 2^b−1]} without negative values; zero point 0.
     */
    SYMMETRIC,
    /** {@code [−2^(b−1), 2^(b−1)−1]}; zero point 0. */
    SIGNED
  }

  /** How the choice of widths tells what the outputs lose by fewer bits of a layer. */
  public enum Sensitivity {
    /** By their error when the layer alone is quantized. */
    OUTPUT,
    /** By the trace of the error's Hessian ([H]). */
    HESSIAN_TRACE,
    /** By the diagonal of the Fisher information. */
    FISHER
  }

  /** What chooses a weight's scales and zero points. */
  public enum WeightScales {
    /** The range method, from the weight. */
    KEPT,
    /** The solver, by the layer's reconstruction error, starting from the range method's. */
    LEARNED
  }

  /** Whether the biases of layers are corrected. */
  public enum BiasCorrection {
    /** By the means of the calibration data. */
    EMPIRICAL,
    /** By the means that the batch norms before the layers imply. */
    ANALYTIC,
    /** Biases stay as they are. */
    OFF
  }

  /** What is learned by gradient once layers are rounded (Li et al. 2021, BRECQ). */
  public enum Learn {
    /** Nothing. */
    OFF,
    /** Weights, biases and steps, block after block, from the blocks' outputs. */
    BLOCKS,
    /** After that, the same of the whole network together, from its outputs. */
    NETWORK
  }

  /** Which activations are quantized. */
  public enum Quantize {
    /** Those that layers read, for the layers alone. */
    LAYERS,
    /** The same, and both inputs of each product of two activations. */
    PRODUCTS,
    /** The inputs and outputs of all operators, for all their readers. */
    ALL
  }

  /** Which functions may stand between two layers whose weights are equalized. */
  public enum Equalize {
    /** Layers stay as they are. */
    OFF,
    /** Positively homogeneous ones: ReLU, LeakyReLU, PReLU, pooling. */
    RELU,
    /** Also {@code Clip(0, c)}, such as ReLU6. */
    CLIP
  }

  /** The order in which layers learn. */
  public enum Schedule {
    /** Layer after layer, from a student whose preceding layers are all rounded ([A] eq. 25). */
    WAVE,
    /** All layers at once, from the teacher's inputs ([A] eq. 21). */
    PARALLEL
  }

  /** Fills in the defaults. */
  public Plan {
    values = values.only(PlanSettings.ALL).over(DEFAULTS);
    overrides = List.copyOf(overrides);
    tensors = List.copyOf(tensors);
  }

  /** Returns the value of a setting that has a default, of its own or by the target. */
  public <T> T get(Setting<T> setting) {
    return completed().get(setting);
  }

  /** Returns the values with the defaults that depend on the target. */
  public SettingValues completed() {
    return TargetRules.complete(values);
  }

  /** Returns the bits per weight. */
  public int weightBits() {
    return get(PlanSettings.WEIGHTS);
  }

  /**
   * Returns what the weights may cost; null if every layer has the bits that the plan says. Without
   * a limit if {@link #maxDrop} decides.
   */
  public @Nullable Budget budget() {
    Budget said = values.said(PlanSettings.BUDGET);
    return said == null && maxDrop() != null ? new Budget(Budget.Cost.BITS, null, null) : said;
  }

  /** Returns what the network may lose by fewer bits; null if nothing is to be tried. */
  public @Nullable Drop maxDrop() {
    return values.said(PlanSettings.MAX_DROP);
  }

  /** Returns how the choice of widths tells what fewer bits of a layer lose. */
  public Sensitivity sensitivity() {
    return get(PlanSettings.SENSITIVITY);
  }

  /** Returns the bits per activation; 0 leaves activations in float; {@link Target#DYNAMIC}. */
  public int activationBits() {
    return get(PlanSettings.ACTIVATIONS);
  }

  /** Returns the granularity of the weights' scales. */
  public Granularity granularity() {
    return get(PlanSettings.GRANULARITY);
  }

  /** Returns the weights' grid; null: asymmetric at 2 bits, symmetric otherwise. */
  public @Nullable WeightGrid weightGrid() {
    return values.said(PlanSettings.WEIGHT_GRID);
  }

  /** Returns the levels that weights may take. */
  public WeightLevels weightLevels() {
    return get(PlanSettings.WEIGHT_LEVELS);
  }

  /** Returns whether weights that are 0 stay 0. */
  public boolean keepsZeros() {
    return get(PlanSettings.KEEP_ZEROS);
  }

  /** Returns the activations' grid. */
  public ActivationGrid activationGrid() {
    return get(PlanSettings.ACTIVATION_GRID);
  }

  /** Returns the solver. */
  public RoundingMethod rounding() {
    return get(PlanSettings.ROUNDING);
  }

  /** Returns how much time the solver takes. */
  public Effort effort() {
    return get(PlanSettings.EFFORT);
  }

  /** Returns how far the lattice and exact solvers may move a weight. */
  public Reach reach() {
    return get(PlanSettings.REACH);
  }

  /** Returns what chooses the scales; null: learned at 2 bits, kept otherwise. */
  public @Nullable WeightScales weightScales() {
    return values.said(PlanSettings.WEIGHT_SCALES);
  }

  /** Returns which layers are equalized before they are quantized. */
  public Equalize equalize() {
    return get(PlanSettings.EQUALIZE);
  }

  /** Returns whether high biases are absorbed by the next layer before layers are quantized. */
  public boolean absorbsBias() {
    return get(PlanSettings.ABSORB_BIAS);
  }

  /** Returns whether the float network is changed before it is quantized. */
  public boolean transforms() {
    return equalize() != Equalize.OFF || absorbsBias();
  }

  /** Returns which activations are quantized. */
  public Quantize quantize() {
    return get(PlanSettings.QUANTIZE);
  }

  /** Returns the bits of embedding tables: 8 or 4; 0 leaves them in float. */
  public int embeddingBits() {
    return get(PlanSettings.EMBEDDINGS);
  }

  /** Returns the runtime that executes the model. */
  public Target target() {
    return get(PlanSettings.TARGET);
  }

  /** Returns the order in which layers learn. */
  public Schedule schedule() {
    return get(PlanSettings.SCHEDULE);
  }

  /** Returns how weight scales are chosen. */
  public WeightRangeMethod weightRanges() {
    return get(PlanSettings.WEIGHT_RANGES);
  }

  /** Returns how activation ranges are chosen. */
  public ActivationRangeMethod activationRanges() {
    return get(PlanSettings.ACTIVATION_RANGES);
  }

  /** Returns the file with encodings that are given; null if there is none. */
  public @Nullable Path encodingsIn() {
    return values.said(PlanSettings.ENCODINGS_IN);
  }

  /** Returns the seed of every random choice. */
  public long seed() {
    return get(PlanSettings.SEED);
  }

  /**
   * Returns a builder initialized from this plan: {@code
   * Plan.DEFAULT.toBuilder().weightBits(3).build()}.
   */
  public PlanBuilder toBuilder() {
    return new PlanBuilder(this);
  }

  /** Returns the patterns of overrides that match no layer, most likely misspelt. */
  public List<String> unmatched(List<String> layerNames) {
    return overrides.stream()
        .filter(override -> layerNames.stream().noneMatch(override::matches))
        .map(LayerOverride::pattern)
        .toList();
  }

  /**
   * Checks the settings against each other and the target, and the overrides against a network's
   * layers.
   *
   * @param network for messages
   * @throws InvalidInputException if settings contradict each other, an override matches no layer,
   *     or every layer is skipped
   */
  public void requireLayers(String network, List<String> layerNames) {
    LevelRules.require(this, layerNames);
    TargetRules.require(this, layerNames);
    if (quantize() != Quantize.LAYERS && activationBits() <= 0) {
      throw new InvalidInputException(
          "plan: quantize = %s needs integers of known ranges, but activations = %s: set activations to 8 or 16, or quantize to layers"
              .formatted(
                  PlanSettings.QUANTIZE.syntax().write(quantize()),
                  PlanSettings.ACTIVATIONS.syntax().write(activationBits())));
    }
    requireOneLimit();
    List<String> unmatched = unmatched(layerNames);
    if (!unmatched.isEmpty()) {
      throw new InvalidInputException(
          "plan: no layer of %s is named '%s'; 'halfstep inspect' lists them"
              .formatted(network, String.join("', '", unmatched)));
    }
    if (layerNames.stream().noneMatch(name -> layer(name).isPresent())) {
      throw new InvalidInputException("plan: skips every layer; nothing is left to quantize");
    }
  }

  private void requireOneLimit() {
    Budget budget = budget();
    if (budget != null && budget.limit() == null && maxDrop() == null) {
      throw new InvalidInputException(
          "plan: budget = %s has no limit: expected %s".formatted(budget, Budget.EXPECTED));
    }
    if (budget != null && budget.limit() != null && maxDrop() != null) {
      throw new InvalidInputException(
          "plan: budget = %s limits the cost, and max-drop = %s the loss: leave out one of the two, or the number of the budget"
              .formatted(budget, maxDrop()));
    }
  }

  /** Returns whether an override says how many bits a layer's weights have. */
  public boolean fixesBits(String layer) {
    return overrides(PlanSettings.WEIGHTS, layer);
  }

  /** Returns whether the plan or an override says how many bits a layer's input has. */
  public boolean fixesActivationBits(String layer) {
    return values.said(PlanSettings.ACTIVATIONS) != null
        || overrides(PlanSettings.ACTIVATIONS, layer);
  }

  private boolean overrides(Setting<?> setting, String layer) {
    return overrides.stream()
        .anyMatch(override -> override.matches(layer) && override.values().said(setting) != null);
  }

  /** Returns the plan without learning by gradient, for runs that only measure. */
  public Plan withoutLearning() {
    return toBuilder().override(LayerOverride.of("*").with(PlanSettings.LEARN, Learn.OFF)).build();
  }

  /** Returns the plan with the bits that were chosen, and nothing left to choose. */
  public Plan decided(List<LayerOverride> bits) {
    PlanBuilder plan = toBuilder().budget(null).maxDrop(null).sensitivity(null);
    bits.forEach(plan::override);
    return plan.build();
  }

  /**
   * Returns the plan with the overrides of activations for the layers that read these.
   *
   * @param inputs the name of each layer's input
   */
  public Plan withInputs(Map<String, String> inputs) {
    List<LayerOverride> all = new ArrayList<>(overrides);
    inputs.forEach(
        (layer, input) -> {
          SettingValues said = ofTensor(input);
          if (!said.equals(SettingValues.NONE)) {
            all.add(new LayerOverride(layer, said));
          }
        });
    return new Plan(values, all, tensors);
  }

  /** Returns how an activation is quantized that layers read by this plan. */
  public LayerPlan tensor(String name, LayerPlan ofReaders) {
    return new LayerPlan(ofTensor(name).over(ofReaders.values()));
  }

  /** Returns whether an override leaves an activation in float. */
  public boolean leavesInFloat(String tensor) {
    return Objects.equals(ofTensor(tensor).said(PlanSettings.ACTIVATIONS), 0);
  }

  /** Returns what the overrides say of an activation. */
  private SettingValues ofTensor(String name) {
    SettingValues said = SettingValues.NONE;
    for (TensorOverride override : tensors) {
      if (override.matches(name)) {
        said = override.values().over(said);
      }
    }
    return said;
  }

  /**
   * Checks the overrides of activations against those of a network.
   *
   * @param tensorNames the activations that can be quantized
   * @throws InvalidInputException if an override matches none of them
   */
  public void requireTensors(Collection<String> tensorNames) {
    for (TensorOverride override : tensors) {
      if (tensorNames.stream().noneMatch(override::matches)) {
        throw new InvalidInputException(
            "plan: no activation that is quantized is named '%s'%s"
                .formatted(
                    override.pattern(),
                    Suggestion.among(tensorNames, override.pattern())
                        .map(name -> "; did you mean '" + name + "'?")
                        .orElse("; --encodings FILE.json lists them")));
      }
    }
  }

  /** Returns how a layer is quantized; empty if it stays in float. */
  public Optional<LayerPlan> layer(String name) {
    SettingValues ofLayer = completed();
    for (LayerOverride override : overrides) {
      if (override.matches(name)) {
        ofLayer = override.values().over(ofLayer);
      }
    }
    return ofLayer.get(PlanSettings.SKIP) ? Optional.empty() : Optional.of(new LayerPlan(ofLayer));
  }
}
