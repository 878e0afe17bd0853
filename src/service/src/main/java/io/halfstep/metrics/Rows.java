package io.halfstep.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A gauge with a row for each job, layer or stage. At each scrape its rows are told anew: those
 * that are told no more go away. A row that stays keeps the reading it was first told with, which
 * therefore has to look its value up.
 */
final class Rows {
  private final MultiGauge gauge;
  private final List<MultiGauge.Row<?>> rows = new ArrayList<>();

  private Rows(MultiGauge gauge) {
    this.gauge = gauge;
  }

  static Rows of(
      MeterRegistry registry, String name, @Nullable String baseUnit, String description) {
    return new Rows(
        MultiGauge.builder(name).baseUnit(baseUnit).description(description).register(registry));
  }

  /** A row, unless there is nothing to be read yet: NaN or null. */
  void add(Tags tags, Supplier<@Nullable Number> reading) {
    if (!Double.isNaN(read(reading))) {
      rows.add(MultiGauge.Row.of(tags, reading, Rows::read));
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
