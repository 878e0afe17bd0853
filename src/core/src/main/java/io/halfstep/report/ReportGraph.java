package io.halfstep.report;

import static io.halfstep.report.ReportMarkup.escape;
import static io.halfstep.report.ReportMarkup.px;
import static io.halfstep.text.Figures.number;
import static io.halfstep.text.Figures.shorten;

import io.halfstep.graph.Stage;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.graph.Stage.OperatorStage;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.report.ReportLayout.Edge;
import io.halfstep.report.ReportLayout.Node;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The stage graph as SVG: data flows down, layers are coloured by their error. */
final class ReportGraph {
  private static final int BOX = 216;
  private static final int ROW = 40;
  private static final int PITCH = 60;
  private static final int SLIM = 26;
  private static final int BETWEEN_BOXES = 28;
  private static final int SKIP_LANE = 22;
  private static final int MARGIN = 12;

  private final ReportLayout layout;
  private final Map<String, QuantizedLayer> layers;
  private final double[] centers;
  private final double width;

  ReportGraph(ReportLayout layout, Map<String, QuantizedLayer> layers) {
    this.layout = layout;
    this.layers = layers;
    boolean[] boxes = new boolean[layout.lanes()];
    layout.nodes().forEach(node -> boxes[node.lane()] = true);
    this.centers = new double[boxes.length];
    double x = MARGIN;
    for (int lane = 0; lane < boxes.length; lane++) {
      double laneWidth = boxes[lane] ? BOX : SKIP_LANE;
      centers[lane] = x + laneWidth / 2;
      x += laneWidth + (boxes[lane] ? BETWEEN_BOXES : 0);
    }
    this.width = x + MARGIN;
  }

  String svg() {
    double height = layout.ranks() * (double) PITCH + 2 * MARGIN;
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<svg class=\"graph\" role=\"img\" aria-label=\"Graph of the network's stages; the table of"
            + " layers below holds the same figures\" width=\"%s\" height=\"%s\" viewBox=\"0 0 %s %s\">\n"
                .formatted(px(width), px(height), px(width), px(height)));
    layout.edges().forEach(edge -> svg.append(edge(edge)));
    layout.nodes().forEach(node -> svg.append(node(node)));
    return svg.append("</svg>\n").toString();
  }

  private static double top(int rank) {
    return MARGIN + rank * (double) PITCH;
  }

  private static double boxHeight(Node node) {
    return node.stage() instanceof LayerStage ? ROW : SLIM;
  }

  private String edge(Edge edge) {
    Node from = edge.from();
    Node to = edge.to();
    double x1 = centers[from.lane()];
    double x2 = centers[to.lane()];
    double y1 = top(from.rank()) + (ROW + boxHeight(from)) / 2;
    double y2 = top(to.rank()) + (ROW - boxHeight(to)) / 2;
    StringBuilder path = new StringBuilder("M" + px(x1) + " " + px(y1));
    if (to.rank() - from.rank() == 1) {
      bend(path, x1, y1, x2, y2);
    } else {
      double x = centers[edge.lane()];
      double down = top(from.rank() + 1);
      double until = top(to.rank() - 1) + ROW;
      bend(path, x1, y1, x, down);
      path.append("V").append(px(until));
      bend(path, x, until, x2, y2);
    }
    return "<path class=\"edge\" d=\"" + path + "\"/>\n";
  }

  private static void bend(StringBuilder path, double x1, double y1, double x2, double y2) {
    if (x1 == x2) {
      path.append("V").append(px(y2));
      return;
    }
    String middle = px((y1 + y2) / 2);
    path.append("C%s %s %s %s %s %s".formatted(px(x1), middle, px(x2), middle, px(x2), px(y2)));
  }

  private String node(Node node) {
    if (node.stage() instanceof LayerStage stage) {
      QuantizedLayer layer = layers.get(stage.name());
      return layer == null
          ? box(node, "left", stage.name(), stage.layer().op() + " · float")
          : box(
              node,
              ReportGrade.of(layer.sqnrDb()).css(),
              stage.name(),
              "%s · %d bit · %s dB"
                  .formatted(
                      stage.layer().op(),
                      layer.weight().encoding().grid().bits(),
                      number(layer.sqnrDb(), 1)));
    }
    if (node.stage() instanceof OperatorStage stage) {
      return slim(node, "ops", String.join(", ", grouped(stage)), title(stage));
    }
    return slim(node, "port", node.label(), node.label());
  }

  private String box(Node node, String css, String name, String figures) {
    double x = centers[node.lane()];
    double y = top(node.rank());
    return """
        <g class="node %s"><title>%s: %s</title><rect x="%s" y="%s" width="%d" height="%d" rx="6"/>\
        <text class="name" x="%s" y="%s">%s</text><text class="figures" x="%s" y="%s">%s</text></g>
        """
        .formatted(
            css,
            escape(name),
            escape(figures),
            px(x - BOX / 2.0),
            px(y),
            BOX,
            ROW,
            px(x),
            px(y + 16),
            escape(shorten(name, 27)),
            px(x),
            px(y + 32),
            escape(figures));
  }

  private String slim(Node node, String css, String label, String title) {
    double x = centers[node.lane()];
    double y = top(node.rank()) + (ROW - SLIM) / 2.0;
    return """
        <g class="node %s"><title>%s</title><rect x="%s" y="%s" width="%d" height="%d" rx="13"/>\
        <text class="figures" x="%s" y="%s">%s</text></g>
        """
        .formatted(
            css,
            escape(title),
            px(x - BOX / 2.0),
            px(y),
            BOX,
            SLIM,
            px(x),
            px(y + 17),
            escape(shorten(label, 34)));
  }

  private static String title(Stage stage) {
    return stage.name()
        + " (level "
        + stage.level()
        + ")"
        + (stage instanceof OperatorStage operators
            ? ": " + String.join(", ", operators.operators())
            : "");
  }

  /** {@code Relu, Relu, Add} as {@code 2 Relu, Add}. */
  private static List<String> grouped(OperatorStage stage) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    stage.operators().forEach(op -> counts.merge(op, 1, Integer::sum));
    return counts.entrySet().stream()
        .map(e -> e.getValue() == 1 ? e.getKey() : e.getValue() + " " + e.getKey())
        .toList();
  }
}
