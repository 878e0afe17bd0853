package io.halfstep.encodings;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.ActivationSites.Site;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.StoredWeight;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanBuilder;
import io.halfstep.plan.TensorOverride;
import io.halfstep.quantizer.ChannelFactors;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The encodings of a file, as overrides of a plan, which come last and win. */
public final class GivenEncodings {
  /** No encodings. */
  public static final GivenEncodings NONE = new GivenEncodings("", Map.of(), Map.of());

  private final String file;
  private final Map<String, GivenEncoding> activations;
  private final Map<String, GivenEncoding> parameters;

  private GivenEncodings(
      String file, Map<String, GivenEncoding> activations, Map<String, GivenEncoding> parameters) {
    this.file = file;
    this.activations = activations;
    this.parameters = parameters;
  }

  /**
   * Reads a file in AIMET's format 1.0.0. A parameter that is named twice, as a layer's weight and
   * as a table, counts as it is named first.
   *
   * @throws InvalidInputException if it is not such a file; the message names file, tensor and
   *     field
   */
  public static GivenEncodings read(Path file) {
    EncodingsReader reader = EncodingsReader.open(file);
    Map<String, GivenEncoding> activations = new LinkedHashMap<>();
    for (GivenEncoding entry : reader.activations()) {
      if (activations.put(entry.name(), entry) != null) {
        throw new InvalidInputException(entry.where() + " is named twice: expected once");
      }
    }
    Map<String, GivenEncoding> parameters = new LinkedHashMap<>();
    reader.parameters().forEach(entry -> parameters.putIfAbsent(entry.name(), entry));
    return new GivenEncodings(file.toString(), activations, parameters);
  }

  /**
   * Returns a plan with the encodings of weights; layers whose weights are in float are skipped.
   *
   * @throws InvalidInputException if one does not fit its layer
   */
  public Plan ofWeights(Plan plan, StageGraph graph) {
    PlanBuilder given = plan.toBuilder();
    for (Layer layer : graph.layers()) {
      GivenEncoding entry = parameters.get(weight(layer));
      Optional<LayerPlan> planned = plan.layer(layer.name());
      if (entry != null && planned.isPresent()) {
        LayerOverride override = LayerOverride.of(layer.name());
        given.override(
            entry.isFloat()
                ? override.skip(true)
                : override.encoding(entry.of(layer, isRestricted(planned.get()))));
      }
    }
    return given.build();
  }

  private static boolean isRestricted(LayerPlan plan) {
    return plan.weightGrid().equals(Grid.restricted(plan.bits()));
  }

  private static String weight(Layer layer) {
    return layer.node().getInput(1);
  }

  /** Returns a plan with the encodings of those of some activations that the file names. */
  public Plan ofActivations(Plan plan, Collection<String> tensors) {
    PlanBuilder given = plan.toBuilder();
    for (String tensor : new HashSet<>(tensors)) {
      GivenEncoding entry = activations.get(tensor);
      if (entry != null) {
        TensorOverride override = TensorOverride.of(tensor);
        given.override(entry.isFloat() ? override.bits(0) : override.encoding(encoding(entry)));
      }
    }
    return given.build();
  }

  private static Encoding encoding(GivenEncoding entry) {
    Encoding encoding = entry.flat();
    if (encoding.channels() > 1) {
      throw entry.wrong("scale", encoding.channels() + " numbers", "one");
    }
    return encoding;
  }

  /**
   * Checks the encodings against each other and the target.
   *
   * @param plan with the encodings
   * @throws InvalidInputException if tensors that share an encoding have different ones, the
   *     factors of a tensor and of the weights that it is multiplied by don't cancel, or the target
   *     does not execute such a model
   */
  public void require(Plan plan, StageGraph graph) {
    graph.sites().sites().forEach(this::requireShared);
    for (Layer layer : graph.layers()) {
      if (plan.layer(layer.name()).isPresent()) {
        requireFactors(layer, graph.sites().areAll());
      }
    }
    try {
      plan.requireLayers(graph.model().path().toString(), graph.possibleLayers());
    } catch (InvalidInputException e) {
      throw new InvalidInputException(file + ": " + e.getMessage(), e);
    }
  }

  private void requireShared(Site site) {
    GivenEncoding first = null;
    for (String tensor : site.tensors()) {
      GivenEncoding entry = activations.get(tensor);
      if (entry != null && first != null && !same(entry.values(), first.values())) {
        throw entry.wrong(
            "its encoding",
            text(entry.values()),
            "%s, as of '%s': the two are rounded once"
                .formatted(text(first.values()), first.name()));
      }
      first = first == null ? entry : first;
    }
  }

  private static boolean same(@Nullable Encoding one, @Nullable Encoding other) {
    return one == null ? other == null : one.equals(other);
  }

  private static String text(@Nullable Encoding encoding) {
    return encoding == null ? "float" : encoding.toString();
  }

  /** Where neither is given, calibration may choose factors. */
  private void requireFactors(Layer layer, boolean inIntegers) {
    GivenEncoding input = activations.get(layer.input());
    ChannelFactors ofInput = factors(input);
    GivenEncoding weight = parameters.get(weight(layer));
    if (input != null && !ofInput.isNone()) {
      boolean possible =
          !inIntegers && layer.multipliesChannels() && ofInput.channels() == layer.layout().k();
      if (!possible) {
        throw input.wrong("factors", ofInput, "none where layer '" + layer.name() + "' reads it");
      }
    }
    if (weight != null && !weight.isFloat() && !factors(weight).equals(ofInput.inverse())) {
      throw weight.wrong(
          "factors",
          factors(weight),
          "the inverse of those of activation '%s', which has %s"
              .formatted(layer.input(), ofInput));
    }
  }

  private static ChannelFactors factors(@Nullable GivenEncoding entry) {
    Encoding values = entry == null ? null : entry.values();
    return values == null ? ChannelFactors.NONE : values.factors();
  }

  /** Says which encodings of the file a network does not have; empty if it has all. */
  public Optional<String> note(QuantizedNetwork network) {
    Set<String> weights = new HashSet<>();
    network.graph().layers().forEach(layer -> weights.add(weight(layer)));
    List<String> unused = new ArrayList<>();
    Stream.concat(
            activations.values().stream()
                .filter(entry -> !network.activations().containsKey(entry.name())),
            parameters.values().stream()
                .filter(
                    entry ->
                        !weights.contains(entry.name())
                            && network.stored().stream()
                                .noneMatch(stored -> !entry.isFloat() && isOf(entry, stored))))
        .filter(entry -> !entry.isFloat())
        .forEach(entry -> unused.add(entry.name()));
    return unused.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s: not taken, since the network has no such tensor, leaves it in float, or has no choice how to round it: %s"
                .formatted(file, String.join(", ", unused)));
  }

  private static boolean isOf(GivenEncoding entry, StoredWeight stored) {
    return stored.constant().name().equals(entry.name())
        && entry.is(stored.weight().encoding(), stored.weight().out(), stored.weight().k());
  }
}
