package io.halfstep.cli.terminal;

import java.util.ArrayList;
import java.util.List;

/** A plain-text table: the first columns are left-aligned, figures right-aligned. */
public final class TextTable {
  private final int leftColumns;
  private final List<String[]> rows = new ArrayList<>();

  /**
   * @param leftColumns the number of columns of words
   */
  public TextTable(int leftColumns, String... header) {
    this.leftColumns = leftColumns;
    rows.add(header);
  }

  public void row(String... cells) {
    rows.add(cells);
  }

  /** Returns the lines without trailing spaces. */
  public List<String> lines() {
    int[] widths = new int[rows.get(0).length];
    for (String[] row : rows) {
      for (int c = 0; c < row.length; c++) {
        widths[c] = Math.max(widths[c], row[c].length());
      }
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private String line(String[] row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < row.length; c++) {
      String padding = " ".repeat(widths[c] - row[c].length());
      line.append(c < leftColumns ? row[c] + padding : padding + row[c]).append("  ");
    }
    return line.toString().stripTrailing();
  }
}
