package io.halfstep.plan;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The values of some settings, each within its bounds; immutable. */
public final class SettingValues {
  /** Nothing said. */
  public static final SettingValues NONE = new SettingValues(Map.of());

  private final Map<Setting<?>, Object> values;

  private SettingValues(Map<Setting<?>, Object> values) {
    this.values = values;
  }

  /** The defaults of settings that have one. */
  static SettingValues defaults(Collection<? extends Setting<?>> settings) {
    SettingValues defaults = NONE;
    for (Setting<?> setting : settings) {
      defaults = withDefault(defaults, setting);
    }
    return defaults;
  }

  private static <T> SettingValues withDefault(SettingValues values, Setting<T> setting) {
    return values.with(setting, setting.standard());
  }

  /** What was said; null if nothing was. */
  @SuppressWarnings("unchecked") // with() puts a T there
  public <T> @Nullable T said(Setting<T> setting) {
    return (T) values.get(setting);
  }

  /** What was said, or the setting's default, where it has one. */
  public <T> T get(Setting<T> setting) {
    T said = said(setting);
    return said != null ? said : Objects.requireNonNull(setting.standard(), setting.name());
  }

  /**
   * These values and one more.
   *
   * @param value null takes back what was said
   * @throws io.halfstep.failure.InvalidInputException if it is out of bounds
   */
  public <T> SettingValues with(Setting<T> setting, @Nullable T value) {
    Map<Setting<?>, Object> all = new LinkedHashMap<>(values);
    if (value == null) {
      all.remove(setting);
    } else {
      all.put(setting, setting.require(value, setting.name()));
    }
    return new SettingValues(all);
  }

  /** These values where something is said, the others where nothing is. */
  public SettingValues over(SettingValues others) {
    Map<Setting<?>, Object> all = new LinkedHashMap<>(others.values);
    all.putAll(values);
    return new SettingValues(all);
  }

  /** What is said of these settings. */
  public SettingValues only(Collection<? extends Setting<?>> settings) {
    Map<Setting<?>, Object> some = new LinkedHashMap<>(values);
    some.keySet().retainAll(settings);
    return new SettingValues(some);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SettingValues that && values.equals(that.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return values.toString();
  }
}
