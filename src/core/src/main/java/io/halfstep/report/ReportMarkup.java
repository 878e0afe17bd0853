package io.halfstep.report;

import java.util.Locale;

/** Formats text and coordinates for HTML and SVG. */
final class ReportMarkup {
  private ReportMarkup() {}

  /** Escapes for element content and for attributes in quotes; control characters become spaces. */
  static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> escaped.append("&amp;");
        case '<' -> escaped.append("&lt;");
        case '>' -> escaped.append("&gt;");
        case '"' -> escaped.append("&quot;");
        case '\'' -> escaped.append("&#39;");
        default -> escaped.append(Character.isISOControl(c) ? ' ' : c);
      }
    }
    return escaped.toString();
  }

  /** Returns a coordinate, to a tenth of a pixel. */
  static String px(double x) {
    return x == Math.rint(x) ? Long.toString((long) x) : String.format(Locale.ROOT, "%.1f", x);
  }
}
