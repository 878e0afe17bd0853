package io.halfstep.report;

import static io.halfstep.report.ReportMarkup.escape;
import static io.halfstep.report.ReportMarkup.px;
import static io.halfstep.text.Figures.number;

import io.halfstep.graph.Layer;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Encoding;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The layers as a table, each with a bar of its error relative to rounding to nearest. */
final class ReportLayers {
  private static final int BAR = 160;

  private final List<QuantizedLayer> layers;
  private final Map<String, Layer> inGraph;
  private final double fullBar;

  ReportLayers(QuantizedNetwork network) {
    this.layers = network.layers();
    this.inGraph =
        network.graph().layers().stream().collect(Collectors.toMap(Layer::name, layer -> layer));
    this.fullBar = Math.max(1, layers.stream().mapToDouble(QuantizedLayer::ratio).max().orElse(1));
  }

  String table() {
    return layers.stream()
        .map(this::row)
        .collect(
            Collectors.joining(
                "",
                """
                <table><thead><tr><th scope="col">Layer</th><th scope="col">Weight</th>\
                <th scope="col" class="n">Bits</th>\
                <th scope="col">Error against nearest</th><th scope="col" class="n">Ratio</th>\
                <th scope="col" class="n">Flipped</th><th scope="col" class="n">SQNR</th>\
                <th scope="col" class="n">Seconds</th></tr></thead><tbody>
                """,
                "</tbody></table>\n"));
  }

  private String row(QuantizedLayer layer) {
    Encoding encoding = layer.weight().encoding();
    Layer node = inGraph.get(layer.name());
    String op = node == null ? "" : node.op();
    String shape =
        node == null
            ? layer.weight().out() + "×" + layer.weight().k()
            : Arrays.stream(node.weight().shape())
                .mapToObj(Long::toString)
                .collect(Collectors.joining("×"));
    int weights = Math.max(1, layer.weight().size());
    return """
        <tr><th scope="row">%s%s</th><td>%s <span class="dim">%s</span></td>\
        <td class="n">%d<span class="dim">%s</span></td><td>%s</td><td class="n">%s</td>\
        <td class="n" title="%d of %d weights">%s %%</td>\
        <td class="n"><span class="chip %s">%s dB</span></td><td class="n">%s</td></tr>
        """
        .formatted(
            escape(layer.name()),
            layer.note().isEmpty() ? "" : "<p class=\"note\">" + escape(layer.note()) + "</p>",
            escape(op),
            shape,
            encoding.grid().bits(),
            kind(encoding),
            bar(layer),
            number(layer.ratio(), 3),
            layer.flips(),
            weights,
            number(100.0 * layer.flips() / weights, 1),
            ReportGrade.of(layer.sqnrDb()).css(),
            number(layer.sqnrDb(), 1),
            number(layer.seconds(), 2));
  }

  private static String kind(Encoding encoding) {
    return switch (encoding.granularity().unit()) {
          case TENSOR -> " per tensor";
          case CHANNEL -> "";
          case BLOCK -> " by " + encoding.granularity().blockSize();
        }
        + (encoding.symmetric() ? "" : " asym.")
        + (encoding.levels().isUniform() ? "" : " " + encoding.levels().label());
  }

  private String bar(QuantizedLayer layer) {
    double perRatio = BAR / fullBar;
    return """
        <svg class="bar" role="img" aria-label="%s of nearest rounding's error" width="%d" height="14" \
        viewBox="0 0 %d 14"><rect class="nearest" width="%s" height="14" rx="2"/>\
        <rect class="learned" y="2" width="%s" height="10" rx="2"/></svg>"""
        .formatted(
            number(layer.ratio(), 3),
            BAR,
            BAR,
            px(perRatio),
            px(Math.max(1, layer.ratio() * perRatio)));
  }
}
