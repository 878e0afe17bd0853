package io.halfstep.report;

import static io.halfstep.report.ReportMarkup.escape;
import static io.halfstep.report.ReportMarkup.px;
import static io.halfstep.text.Figures.brief;

import io.halfstep.quantizer.Encoding;
import io.halfstep.statistics.Histogram;
import io.halfstep.text.Figures;

/**
 * The histogram of one activation as SVG, with the range of its encoding. Heights are square roots
 * of counts, so that the tails, which may be clipped, are visible beside the peak.
 */
final class ReportHistogram {
  private static final int WIDTH = 260;
  private static final int HEIGHT = 84;
  private static final int COLUMNS = 130;

  private final String name;
  private final double lowest;
  private final double binWidth;
  private final long[] counts;
  private final Encoding encoding;

  ReportHistogram(String name, Histogram histogram, Encoding encoding) {
    this.name = name;
    this.binWidth = histogram.binWidth();
    this.lowest = histogram.firstBin() * binWidth;
    this.counts = histogram.counts();
    this.encoding = encoding;
  }

  String name() {
    return name;
  }

  private double rangeLow() {
    return encoding.dequantize(encoding.grid().lowest(), 0);
  }

  private double rangeHigh() {
    return encoding.dequantize(encoding.grid().highest(), 0);
  }

  /**
   * Returns the share of the values that the range clips; a bin that the range cuts counts partly.
   */
  double clippedShare() {
    double clipped = 0;
    double all = 0;
    double half = encoding.scale(0) / 2;
    for (int i = 0; i < counts.length; i++) {
      double left = lowest + i * binWidth;
      double below = Math.min(1, Math.max(0, (rangeLow() - half - left) / binWidth));
      double above = Math.min(1, Math.max(0, (left + binWidth - rangeHigh() - half) / binWidth));
      clipped += counts[i] * Math.min(1, below + above);
      all += counts[i];
    }
    return all > 0 ? clipped / all : 0;
  }

  String figure() {
    return """
        <figure><figcaption title="%s">%s</figcaption>
        %s<p>%d bit in [%s, %s], step %s, %s clipped%s</p></figure>
        """
        .formatted(
            escape(name),
            escape(Figures.shorten(name, 33)),
            svg(),
            encoding.grid().bits(),
            brief(rangeLow()),
            brief(rangeHigh()),
            brief(encoding.scale(0)),
            clipped(),
            encoding.factors().isNone() ? "" : "; channels divided by powers of two");
  }

  private String clipped() {
    double percent = 100 * clippedShare();
    if (percent == 0) {
      return "nothing";
    }
    return percent < 0.001 ? "under 0.001 %" : brief(percent) + " %";
  }

  private String svg() {
    double from = Math.min(lowest, rangeLow());
    double to = Math.max(lowest + counts.length * binWidth, rangeHigh());
    double perUnit = WIDTH / Math.max(to - from, Double.MIN_NORMAL);
    double left = (rangeLow() - from) * perUnit;
    double right = (rangeHigh() - from) * perUnit;
    return """
        <svg role="img" aria-label="Histogram of %s with the range [%s, %s]" viewBox="0 0 %d %d">\
        <rect class="range" x="%s" y="0" width="%s" height="%d"/><path class="counts" d="%s"/>\
        <path class="bounds" d="M%s 0V%dM%s 0V%d"/></svg>
        """
        .formatted(
            escape(name),
            brief(rangeLow()),
            brief(rangeHigh()),
            WIDTH,
            HEIGHT,
            px(left),
            px(Math.max(1, right - left)),
            HEIGHT,
            outline(from, perUnit),
            px(left),
            HEIGHT,
            px(right),
            HEIGHT);
  }

  /** Returns the bins, merged to the columns of the figure. */
  private String outline(double from, double perUnit) {
    double[] columns = new double[COLUMNS];
    double columnWidth = (double) WIDTH / COLUMNS;
    for (int i = 0; i < counts.length; i++) {
      double middle = (lowest + (i + 0.5) * binWidth - from) * perUnit;
      columns[(int) Math.max(0, Math.min(COLUMNS - 1, middle / columnWidth))] += counts[i];
    }
    // The zeros of a ReLU would flatten the rest.
    int zero = (int) Math.floor(-from * perUnit / columnWidth);
    double peak = 0;
    for (int i = 0; i < COLUMNS; i++) {
      peak = i == zero ? peak : Math.max(peak, columns[i]);
    }
    StringBuilder path = new StringBuilder("M0 " + HEIGHT);
    for (int i = 0; i < COLUMNS; i++) {
      double height = peak > 0 ? Math.min(HEIGHT, (HEIGHT - 4) * Math.sqrt(columns[i] / peak)) : 0;
      path.append("V").append(px(HEIGHT - height));
      path.append("H").append(px((i + 1) * columnWidth));
    }
    return path.append("V").append(HEIGHT).append("Z").toString();
  }
}
