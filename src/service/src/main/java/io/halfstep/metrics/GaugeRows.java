package io.halfstep.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A gauge with a row for each job, layer or stage. The rows are registered again at each scrape,
 * and rows that are not registered again disappear. A row that stays keeps its first supplier, so a
 * supplier must look up its value at each call.
 */
final class GaugeRows {
  private final MultiGauge gauge;
  private final List<MultiGauge.Row<?>> rows = new ArrayList<>();

  private GaugeRows(MultiGauge gauge) {
    this.gauge = gauge;
  }

  static GaugeRows of(
      MeterRegistry registry, String name, @Nullable String baseUnit, String description) {
    return new GaugeRows(
        MultiGauge.builder(name).baseUnit(baseUnit).description(description).register(registry));
  }

  /** Adds a row, unless its value is still NaN or null. */
  void add(Tags tags, Supplier<@Nullable Number> reading) {
    if (!Double.isNaN(read(reading))) {
      rows.add(MultiGauge.Row.of(tags, reading, GaugeRows::read));
    }
  }

  private static double read(Supplier<@Nullable Number> reading) {
    Number value = reading.get();
    return value == null ? Double.NaN : value.doubleValue();
  }

  /** Shows only the rows that were added since the last call. */
  void show() {
    gauge.register(rows, false);
    rows.clear();
  }
}
