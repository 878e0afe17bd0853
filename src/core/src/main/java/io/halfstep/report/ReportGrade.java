package io.halfstep.report;

/** The quality of a layer's output in grades, each with its colour throughout the report. */
enum ReportGrade {
  EXCELLENT(30, "g0", "30 dB and more"),
  GOOD(24, "g1", "24 to 30 dB"),
  FAIR(18, "g2", "18 to 24 dB"),
  POOR(12, "g3", "12 to 18 dB"),
  BAD(Double.NEGATIVE_INFINITY, "g4", "below 12 dB"),
  UNKNOWN(Double.NaN, "", "not measured");

  private final double atLeastDb;
  private final String css;
  private final String range;

  ReportGrade(double atLeastDb, String css, String range) {
    this.atLeastDb = atLeastDb;
    this.css = css;
    this.range = range;
  }

  static ReportGrade of(double sqnrDb) {
    for (ReportGrade grade : values()) {
      if (sqnrDb >= grade.atLeastDb) {
        return grade;
      }
    }
    return UNKNOWN;
  }

  /** Returns the CSS class of its colour. */
  String css() {
    return css;
  }

  String range() {
    return range;
  }
}
