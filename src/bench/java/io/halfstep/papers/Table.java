package io.halfstep.papers;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/** A table in Markdown, printed row by row, with figures for some widths. */
final class Table {
  /** Bits of the weights: those of [A], and so few that methods differ on a small network. */
  static final int[] FOUR_AND_TWO = {4, 2};

  static final int[] TWO = {2};

  private final int[] widths;
  private final int measured;

  /**
   * Prints the head.
   *
   * @param widths bits of the weights
   * @param measured the names of what is measured; each has a column for each width, and one with
   *     the paper's figure for 4 bits
   */
  Table(String title, int[] widths, String... measured) {
    this.widths = widths;
    this.measured = measured.length;
    List<String> columns = new ArrayList<>(List.of(""));
    for (String name : measured) {
      Arrays.stream(widths).mapToObj(bits -> name + ", " + bits + " bits").forEach(columns::add);
    }
    for (String name : measured) {
      columns.add("paper: " + name);
    }
    System.out.printf("%n**%s**%n%n", title);
    print(columns);
    System.out.println("|" + "---|".repeat(columns.size()));
  }

  /** Measures and prints a row with one figure for each width. */
  void row(String label, String paper, IntFunction<String> measure) {
    row(label, List.of(paper), List.of(measure));
  }

  /**
   * Measures and prints a row.
   *
   * @param papers the paper's figures, one for each measure
   * @param measures return the figure for a number of bits
   */
  void row(String label, List<String> papers, List<IntFunction<String>> measures) {
    if (papers.size() != measured || measures.size() != measured) {
      throw new IllegalArgumentException(label + ": expected " + measured + " figures");
    }
    List<String> cells = new ArrayList<>(List.of(label));
    for (IntFunction<String> measure : measures) {
      Arrays.stream(widths).mapToObj(measure).forEach(cells::add);
    }
    cells.addAll(papers);
    print(cells);
  }

  /** Prints the cells of a row. */
  static void print(List<String> cells) {
    System.out.println("| " + String.join(" | ", cells) + " |");
  }

  /** Formats figures as their mean and sample standard deviation; one alone as it is. */
  static String spread(List<Double> figures) {
    double mean = figures.stream().mapToDouble(d -> d).average().orElseThrow();
    double squares = figures.stream().mapToDouble(d -> (d - mean) * (d - mean)).sum();
    return figures.size() == 1
        ? "%.2f".formatted(mean)
        : "%.2f ± %.2f".formatted(mean, Math.sqrt(squares / (figures.size() - 1)));
  }
}
