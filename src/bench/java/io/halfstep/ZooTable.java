package io.halfstep;

import io.halfstep.text.Figures;
import io.halfstep.zoo.ZooSetting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Prints the lines of {@link ZooBench} as a table in Markdown: {@code ZooTable FILE}. Networks with
 * a common name before a slash share a row, which has their worst figures.
 */
final class ZooTable {
  private static final String HEAD =
      """
      | network | layers | in float | W8A8 | W4A8 | W4 | file | agreement | seconds |
      |---|---|---|---|---|---|---|---|---|""";

  private final List<String> footnotes = new ArrayList<>();

  private ZooTable() {}

  public static void main(String[] args) throws IOException {
    Map<String, List<ZooLine>> rows = new LinkedHashMap<>();
    try (Stream<String> lines = Files.lines(Path.of(args[0]))) {
      lines
          .filter(line -> line.startsWith("{"))
          .map(ZooLine::parse)
          .forEach(line -> rows.computeIfAbsent(group(line), group -> new ArrayList<>()).add(line));
    }
    ZooTable table = new ZooTable();
    System.out.println(HEAD);
    rows.forEach((name, lines) -> System.out.println(table.row(name, lines)));
    System.out.println();
    for (int i = 0; i < table.footnotes.size(); i++) {
      System.out.printf("(%d) %s%n%n", i + 1, table.footnotes.get(i));
    }
  }

  private static String group(ZooLine line) {
    return line.network().replaceFirst("/.*", "");
  }

  private String row(String name, List<ZooLine> lines) {
    long networks = lines.stream().map(ZooLine::network).distinct().count();
    List<String> cells = new ArrayList<>();
    cells.add(networks == 1 ? name : "%s: %d networks".formatted(name, networks));
    cells.add(most(lines, ZooLine::layers, 0));
    cells.add(most(lines, ZooLine::floatLayers, 0));
    for (ZooSetting setting : ZooSetting.values()) {
      cells.add(quality(at(lines, setting)));
    }
    cells.add(networks == 1 ? shares(lines) : "");
    cells.add(least(lines, ZooLine::agreementDb));
    cells.add(most(lines, ZooLine::seconds, 1));
    return "| " + String.join(" | ", cells) + " |";
  }

  private static List<ZooLine> at(List<ZooLine> lines, ZooSetting setting) {
    return lines.stream().filter(line -> line.setting() == setting).toList();
  }

  /**
   * The default's SQNR and, in parentheses, that of rounding to nearest; bold if that is better.
   */
  private String quality(List<ZooLine> lines) {
    boolean several = lines.size() > 1;
    String notes =
        lines.stream()
            .filter(line -> line.failure() != null || (several && isWorse(line)))
            .map(line -> " (" + footnote(line) + ")")
            .collect(Collectors.joining());
    if (lines.stream().allMatch(line -> line.failure() != null)) {
      return "–" + notes;
    }
    boolean worse = lines.stream().anyMatch(ZooTable::isWorse);
    return (worse ? "**%s** (%s)%s" : "%s (%s)%s")
        .formatted(least(lines, ZooLine::db), least(lines, ZooLine::nearestDb), notes);
  }

  private static boolean isWorse(ZooLine line) {
    return line.db() != null && line.nearestDb() != null && line.db() < line.nearestDb();
  }

  /** Returns the number of the line's footnote: a failure's message, or that nearest is better. */
  private int footnote(ZooLine line) {
    String text =
        line.failure() != null
            ? line.network() + ": " + line.failure()
            : "%s at %s: %s (%s)"
                .formatted(line.network(), line.setting(), line.db(), line.nearestDb());
    if (!footnotes.contains(text)) {
      footnotes.add(text);
    }
    return footnotes.indexOf(text) + 1;
  }

  private static String shares(List<ZooLine> lines) {
    return Arrays.stream(ZooSetting.values())
        .map(setting -> percent(at(lines, setting)))
        .collect(Collectors.joining(", "));
  }

  private static String percent(List<ZooLine> lines) {
    String most = most(lines, line -> line.share() == null ? null : 100 * line.share(), 0);
    return most.equals("–") ? most : most + " %";
  }

  private static String least(List<ZooLine> lines, Function<ZooLine, Double> figure) {
    double least =
        lines.stream()
            .map(figure)
            .filter(Objects::nonNull)
            .mapToDouble(Double::doubleValue)
            .min()
            .orElse(Double.NaN);
    return least == Double.POSITIVE_INFINITY ? "exact" : Figures.number(least, 1);
  }

  private static String most(
      List<ZooLine> lines, Function<ZooLine, ? extends Number> figure, int decimals) {
    return Figures.number(
        lines.stream()
            .map(figure)
            .filter(Objects::nonNull)
            .mapToDouble(Number::doubleValue)
            .max()
            .orElse(Double.NaN),
        decimals);
  }
}
