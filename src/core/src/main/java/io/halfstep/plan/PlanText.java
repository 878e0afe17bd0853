package io.halfstep.plan;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes a plan as the text of a plan file, which {@link PlanFile#read} reads as the same plan. */
public final class PlanText {
  private PlanText() {}

  /** Returns the plan with all its settings. */
  public static String of(Plan plan) {
    return of(plan, SettingValues.NONE);
  }

  /** Returns the plan with all its settings, and the other settings that are set. */
  public static String of(Plan plan, SettingValues others) {
    Config text =
        values(
            values(ConfigFactory.empty(), PlanSettings.ALL, plan.values()),
            PlanFile.OTHERS,
            others);
    List<Map<String, Object>> layers =
        plan.overrides().stream()
            .map(layer -> override(layer.pattern(), layer.values(), PlanSettings.OF_LAYERS))
            .toList();
    List<Map<String, Object>> tensors =
        plan.tensors().stream()
            .map(tensor -> override(tensor.pattern(), tensor.values(), PlanSettings.OF_TENSORS))
            .toList();
    return text.withValue("layers", ConfigValueFactory.fromIterable(layers))
        .withValue("tensors", ConfigValueFactory.fromIterable(tensors))
        .root()
        .render(ConfigRenderOptions.defaults().setOriginComments(false).setJson(false));
  }

  private static Config values(Config text, List<Setting<?>> settings, SettingValues values) {
    Config all = text;
    for (Setting<?> setting : settings) {
      Object value = hocon(setting, values);
      if (value != null) {
        all = all.withValue(setting.name(), ConfigValueFactory.fromAnyRef(value));
      }
    }
    return all;
  }

  private static Map<String, Object> override(
      String pattern, SettingValues values, List<Setting<?>> settings) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("match", pattern);
    for (Setting<?> setting : settings) {
      String key = setting.layerName();
      Object value = hocon(setting, values);
      if (key != null && value != null) {
        keys.put(key, value);
      }
    }
    return keys;
  }

  private static <T> @Nullable Object hocon(Setting<T> setting, SettingValues values) {
    T value = values.said(setting);
    return value == null ? null : setting.syntax().hocon(value);
  }
}
