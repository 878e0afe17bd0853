package io.halfstep.report;

import static io.halfstep.report.ReportMarkup.escape;
import static io.halfstep.report.ReportMarkup.px;

import io.halfstep.allocation.Allocation;
import io.halfstep.allocation.Assignment;
import io.halfstep.allocation.Measured;
import io.halfstep.text.Figures;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The SQNR against the cost as SVG: a curve of the best assignments and the chosen one as
 * predicted, and circles around what was measured.
 */
final class ReportBudget {
  private static final int WIDTH = 260;
  private static final int HEIGHT = 120;
  private static final int MARGIN = 6;

  private record Point(long cost, double db) {
    static Point of(Assignment assignment) {
      return new Point(assignment.cost(), assignment.sqnrDb());
    }

    static Point of(Measured measured) {
      return new Point(measured.assignment().cost(), measured.sqnrDb());
    }

    /** An error of 0 is off the scale. */
    boolean isFinite() {
      return Double.isFinite(db);
    }
  }

  private final Allocation allocation;
  private final List<Point> front;
  private final List<Point> chosen;
  private final List<Point> measured;

  ReportBudget(Allocation allocation) {
    this.allocation = allocation;
    this.front = allocation.front().stream().map(Point::of).filter(Point::isFinite).toList();
    this.chosen = Stream.of(allocation.chosen()).map(Point::of).filter(Point::isFinite).toList();
    this.measured = allocation.measured().stream().map(Point::of).filter(Point::isFinite).toList();
  }

  String figure() {
    Assignment choice = allocation.chosen();
    return """
        <figure><figcaption>%s</figcaption>
        %s<p>%s takes %s, predicted SQNR %s dB%s; the curve is from %s to %s, %s to %s dB</p></figure>
        """
        .formatted(
            escape(allocation.budget()),
            svg(),
            escape(allocation.budget()),
            allocation.describe(choice.cost()),
            Figures.number(choice.sqnrDb(), 1),
            allocation
                .measuredOf(choice)
                .map(found -> ", measured " + Figures.number(found.sqnrDb(), 1))
                .orElse(""),
            allocation.describe(least(front)),
            allocation.describe(most(front)),
            Figures.number(leastDb(front), 1),
            Figures.number(mostDb(front), 1));
  }

  private static long least(List<Point> points) {
    return points.stream().mapToLong(Point::cost).min().orElse(0);
  }

  private static long most(List<Point> points) {
    return points.stream().mapToLong(Point::cost).max().orElse(0);
  }

  private static double leastDb(List<Point> points) {
    return points.stream().mapToDouble(Point::db).min().orElse(0);
  }

  private static double mostDb(List<Point> points) {
    return points.stream().mapToDouble(Point::db).max().orElse(0);
  }

  private String svg() {
    String curve =
        front.stream()
            .map(point -> x(point) + " " + y(point))
            .collect(Collectors.joining("L", "M", ""));
    return """
        <svg role="img" aria-label="SQNR against the cost" viewBox="0 0 %d %d">\
        <path class="front" d="%s"/>%s%s%s</svg>
        """
        .formatted(
            WIDTH,
            HEIGHT,
            curve,
            dots("counts", front, 2),
            dots("chosen", chosen, 5),
            dots("front", measured, 4));
  }

  private String dots(String css, List<Point> points, int radius) {
    return points.stream()
        .map(
            point ->
                "<circle class=\"%s\" cx=\"%s\" cy=\"%s\" r=\"%d\"/>"
                    .formatted(css, x(point), y(point), radius))
        .collect(Collectors.joining());
  }

  private List<Point> all() {
    return Stream.of(front, chosen, measured).flatMap(List::stream).toList();
  }

  private String x(Point point) {
    return px(place((double) point.cost(), (double) least(all()), (double) most(all()), WIDTH));
  }

  private String y(Point point) {
    return px(HEIGHT - place(point.db(), leastDb(all()), mostDb(all()), HEIGHT));
  }

  private static double place(double value, double least, double most, int length) {
    double share = most > least ? (value - least) / (most - least) : 0.5;
    return MARGIN + share * (length - 2 * MARGIN);
  }
}
