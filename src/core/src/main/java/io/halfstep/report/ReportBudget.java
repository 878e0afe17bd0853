package io.halfstep.report;

import static io.halfstep.report.ReportMarkup.escape;
import static io.halfstep.report.ReportMarkup.px;

import io.halfstep.allocation.Allocation;
import io.halfstep.allocation.Assignment;
import io.halfstep.text.Figures;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The predicted SQNR against the cost as SVG: a curve of the best assignments, and the chosen. */
final class ReportBudget {
  private static final int WIDTH = 260;
  private static final int HEIGHT = 120;
  private static final int MARGIN = 6;

  private final Allocation allocation;
  private final List<Assignment> points;

  ReportBudget(Allocation allocation) {
    this.allocation = allocation;
    this.points =
        Stream.concat(allocation.front().stream(), Stream.of(allocation.chosen()))
            .filter(point -> Double.isFinite(point.sqnrDb())) // an error of 0 is off the scale
            .toList();
  }

  String figure() {
    Assignment chosen = allocation.chosen();
    return """
        <figure><figcaption>%s</figcaption>
        %s<p>%s takes %s, predicted SQNR %s dB; the curve is from %s to %s, %s to %s dB</p></figure>
        """
        .formatted(
            escape(allocation.budget()),
            svg(),
            escape(allocation.budget()),
            allocation.describe(chosen.cost()),
            Figures.number(chosen.sqnrDb(), 1),
            allocation.describe(leastCost()),
            allocation.describe(mostCost()),
            Figures.number(leastDb(), 1),
            Figures.number(mostDb(), 1));
  }

  private long leastCost() {
    return points.stream().mapToLong(Assignment::cost).min().orElse(0);
  }

  private long mostCost() {
    return points.stream().mapToLong(Assignment::cost).max().orElse(0);
  }

  private double leastDb() {
    return points.stream().mapToDouble(Assignment::sqnrDb).min().orElse(0);
  }

  private double mostDb() {
    return points.stream().mapToDouble(Assignment::sqnrDb).max().orElse(0);
  }

  private String svg() {
    List<Assignment> front = allocation.front().stream().filter(points::contains).toList();
    String curve =
        front.stream()
            .map(point -> x(point) + " " + y(point))
            .collect(Collectors.joining("L", "M", ""));
    Assignment chosen = allocation.chosen();
    return """
        <svg role="img" aria-label="Predicted SQNR against the cost" viewBox="0 0 %d %d">\
        <path class="front" d="%s"/>%s%s</svg>
        """
        .formatted(
            WIDTH,
            HEIGHT,
            curve,
            front.stream().map(point -> dot("counts", point, 2)).collect(Collectors.joining()),
            points.contains(chosen) ? dot("chosen", chosen, 5) : "");
  }

  private String dot(String css, Assignment point, int radius) {
    return "<circle class=\"%s\" cx=\"%s\" cy=\"%s\" r=\"%d\"/>"
        .formatted(css, x(point), y(point), radius);
  }

  private String x(Assignment point) {
    return px(place((double) point.cost(), (double) leastCost(), (double) mostCost(), WIDTH));
  }

  private String y(Assignment point) {
    return px(HEIGHT - place(point.sqnrDb(), leastDb(), mostDb(), HEIGHT));
  }

  private static double place(double value, double least, double most, int length) {
    double share = most > least ? (value - least) / (most - least) : 0.5;
    return MARGIN + share * (length - 2 * MARGIN);
  }
}
