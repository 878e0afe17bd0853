package io.halfstep.widths;

import io.halfstep.allocation.Bits;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.PlanSettings;
import io.halfstep.plan.Syntax;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What layers cost at each width, e.g. as measured on a device: a CSV file with the header {@code
 * layer,weights,activations,cost}. A layer is a name or a glob, as in plans, and may contain
 * commas; of lines for the same layer and widths, the last counts. Combinations without a line are
 * not allowed.
 */
final class CostTable {
  /** Costs are counted in millionths. */
  static final long UNIT = 1_000_000;

  private static final String HEADER = "layer,weights,activations,cost";
  private static final BigDecimal MOST = BigDecimal.valueOf(1_000_000_000);
  private static final int LONGEST = 32;

  private record Line(LayerOverride layer, Bits bits, long cost) {}

  private final Path file;
  private final List<Line> lines = new ArrayList<>();

  /**
   * Reads a file.
   *
   * @throws InvalidInputException if it can't be read, or a field is invalid
   */
  CostTable(Path file) {
    this.file = file;
    List<String> text = text();
    if (text.isEmpty() || !text.get(0).strip().equals(HEADER)) {
      throw invalid(1, "header", text.isEmpty() ? "" : text.get(0), HEADER);
    }
    for (int i = 1; i < text.size(); i++) {
      if (!text.get(i).isBlank()) {
        lines.add(line(i + 1, text.get(i)));
      }
    }
  }

  private List<String> text() {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new InvalidInputException(
          "budget: %s can't be read: expected a CSV file with the header %s"
              .formatted(file, HEADER),
          e);
    }
  }

  private Line line(int number, String text) {
    int cost = text.lastIndexOf(',');
    int activations = text.lastIndexOf(',', cost - 1);
    int weights = text.lastIndexOf(',', activations - 1);
    if (weights < 1) {
      throw invalid(number, "line", text, HEADER);
    }
    return new Line(
        LayerOverride.of(text.substring(0, weights).strip()),
        new Bits(
            bits(
                number,
                "weights",
                text.substring(weights + 1, activations),
                PlanSettings.WEIGHTS.syntax()),
            bits(
                number,
                "activations",
                text.substring(activations + 1, cost),
                PlanSettings.ACTIVATIONS.syntax())),
        cost(number, text.substring(cost + 1).strip()));
  }

  private int bits(int number, String field, String text, Syntax<Integer> syntax) {
    Integer bits = syntax.parse(text.strip());
    if (bits == null) {
      throw invalid(number, field, text.strip(), syntax.expected());
    }
    return bits;
  }

  private long cost(int number, String text) {
    try {
      BigDecimal cost = new BigDecimal(text.length() > LONGEST ? "" : text);
      if (cost.signum() >= 0 && cost.compareTo(MOST) <= 0) {
        return cost.multiply(BigDecimal.valueOf(UNIT)).longValueExact();
      }
    } catch (ArithmeticException | NumberFormatException e) {
      // the message is the same
    }
    throw invalid(number, "cost", text, "a number from 0 to 1e9 with at most 6 decimals");
  }

  private InvalidInputException invalid(int line, String field, String found, String expected) {
    return new InvalidInputException(
        "%s:%d: %s: found '%s', expected %s".formatted(file, line, field, found, expected));
  }

  /**
   * Returns the costs of a layer, in millionths.
   *
   * @throws InvalidInputException if no line is for the layer
   */
  Map<Bits, Long> of(String layer) {
    Map<Bits, Long> costs = new HashMap<>();
    lines.stream()
        .filter(line -> line.layer().matches(layer))
        .forEach(line -> costs.put(line.bits(), line.cost()));
    if (costs.isEmpty()) {
      throw new InvalidInputException(
          "%s: no line is for layer '%s': expected its cost at the widths that it may have"
              .formatted(file, layer));
    }
    return costs;
  }
}
