package io.halfstep.plan;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Values of settings, each within its bounds; immutable. */
public final class SettingValues {
  /** No values. */
  public static final SettingValues NONE = new SettingValues(Map.of());

  private final Map<Setting<?>, Object> values;

  private SettingValues(Map<Setting<?>, Object> values) {
    this.values = values;
  }

  /** Returns the defaults of the settings that have one. */
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

  /** Returns the value; null if it is not set. */
  @SuppressWarnings("unchecked") // with() ensures that the value is a T
  public <T> @Nullable T said(Setting<T> setting) {
    return (T) values.get(setting);
  }

  /** Returns the value, or else the setting's default. */
  public <T> T get(Setting<T> setting) {
    T said = said(setting);
    return said != null ? said : Objects.requireNonNull(setting.standard(), setting.name());
  }

  /**
   * Returns a copy with this value.
   *
   * @param value null removes the setting
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

  /** Returns these values, completed by the others where a value is missing. */
  public SettingValues over(SettingValues others) {
    Map<Setting<?>, Object> all = new LinkedHashMap<>(others.values);
    all.putAll(values);
    return new SettingValues(all);
  }

  /** Returns the values of these settings only. */
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
