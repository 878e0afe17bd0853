package io.halfstep.plan;

import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A plan as the text of a plan file: what {@link PlanFile#read} reads back as the same plan. */
public final class PlanText {
  private PlanText() {}

  /** The plan with all its settings, and of the options those that say something. */
  public static String of(Plan plan, RunOptions options) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("weights", plan.weightBits());
    keys.put("activations", plan.activationBits() == 0 ? "float" : plan.activationBits());
    keys.put("granularity", plan.granularity().label());
    put(keys, "weight-grid", plan.weightGrid());
    put(keys, "rounding", plan.rounding());
    put(keys, "effort", plan.effort());
    put(keys, "reach", plan.reach());
    put(keys, "weight-scales", plan.weightScales());
    put(keys, "schedule", plan.schedule());
    keys.put(
        "ranges",
        Map.of(
            "weights", plan.weightRanges().label(),
            "activations", plan.activationRanges().label()));
    keys.put("seed", plan.seed());
    keys.put("layers", plan.overrides().stream().map(PlanText::layer).toList());
    list(keys, "data", options.data());
    list(keys, "normalize", options.normalize());
    put(keys, "image", options.image());
    put(keys, "samples", options.samples());
    put(keys, "batch", options.batch());
    return ConfigValueFactory.fromMap(keys)
        .render(ConfigRenderOptions.defaults().setOriginComments(false).setJson(false));
  }

  private static Map<String, Object> layer(LayerOverride override) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("match", override.pattern());
    put(keys, "bits", override.bits());
    put(keys, "rounding", override.rounding());
    if (override.granularity() != null) {
      keys.put("granularity", override.granularity().label());
    }
    put(keys, "weight-grid", override.weightGrid());
    put(keys, "reach", override.reach());
    put(keys, "skip", override.skip());
    return keys;
  }

  private static void list(Map<String, Object> keys, String key, List<String> values) {
    if (!values.isEmpty()) {
      keys.put(key, new ArrayList<>(values));
    }
  }

  private static void put(Map<String, Object> keys, String key, @Nullable Object value) {
    if (value instanceof Enum<?> choice) {
      keys.put(key, choice.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    } else if (value != null) {
      keys.put(key, value);
    }
  }
}
