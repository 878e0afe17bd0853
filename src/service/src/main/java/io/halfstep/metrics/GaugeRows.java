package io.halfstep.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A gauge with a row for each job, layer or stage. The rows are given again at each scrape, and
 * those that are not given disappear. A row that stays keeps the supplier it was first given with,
 * so that supplier must look its value up at each call.
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

  /** A row, unless there is nothing to be read yet: NaN or null. */
  void add(Tags tags, Supplier<@Nullable Number> reading) {
    if (!Double.isNaN(read(reading))) {
      rows.add(MultiGauge.Row.of(tags, reading, GaugeRows::read));
    }
  }

  private static double read(Supplier<@Nullable Number> reading) {
    Number value = reading.get();
    return value == null ? Double.NaN : value.doubleValue();
  }

  /** Shows the rows added since the last time, and only these. */
  void show() {
    gauge.register(rows, false);
    rows.clear();
  }
}
