package io.halfstep.report;

import static io.halfstep.report.ReportMarkup.escape;
import static io.halfstep.text.Figures.number;

import io.halfstep.allocation.Allocation;
import io.halfstep.export.WeightTotals;
import io.halfstep.file.AtomicFile;
import io.halfstep.graph.ActivationSites;
import io.halfstep.graph.StageGraph;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Encoding;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.text.Figures;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The report on a run as one self-contained HTML file, without scripts, fonts or network access. It
 * shows the stage graph coloured by error, each layer's error relative to rounding to nearest, the
 * activations' histograms with their ranges, and advice for layers with a large error.
 */
public final class HtmlReport {
  private final QuantizedNetwork network;
  private final ReportFacts facts;
  private final List<ReportHistogram> histograms;

  private HtmlReport(QuantizedNetwork network, ReportFacts facts) {
    this.network = network;
    this.facts = facts;
    this.histograms =
        network.activations().entrySet().stream()
            .filter(activation -> network.statistics().containsKey(activation.getKey()))
            .map(activation -> histogram(network, activation.getKey(), activation.getValue()))
            .sorted(
                Comparator.comparingInt(histogram -> position(network.graph(), histogram.name())))
            .toList();
  }

  /** In the order of the data flow; the inputs come first. */
  private static int position(StageGraph graph, String tensor) {
    for (int i = 0; i < graph.stages().size(); i++) {
      if (graph.stages().get(i).outputs().contains(tensor)) {
        return i;
      }
    }
    return -1;
  }

  private static ReportHistogram histogram(
      QuantizedNetwork network, String tensor, Encoding encoding) {
    ActivationStatistics seen = Objects.requireNonNull(network.statistics().get(tensor));
    return new ReportHistogram(tensor, seen.histogram(), encoding);
  }

  /**
   * Writes the report atomically.
   *
   * @throws io.halfstep.failure.InvalidInputException if it cannot be written
   */
  public static void write(QuantizedNetwork network, ReportFacts facts, Path file) {
    AtomicFile.write(file, new HtmlReport(network, facts).html().getBytes(StandardCharsets.UTF_8));
  }

  String html() {
    return """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="color-scheme" content="light dark">
        <title>Halfstep: %s</title>
        <style>
        %s</style>
        </head>
        <body>
        <main>
        %s%s%s%s%s%s%s%s%s%s%s</main>
        </body>
        </html>
        """
        .formatted(
            escape(fileName(facts.out())),
            style(),
            header(),
            advice(),
            layers(),
            learned(),
            budget(),
            graph(),
            activations(),
            leftInFloat(),
            computedInFloat(),
            notes(),
            settings());
  }

  private String header() {
    WeightTotals weights = WeightTotals.of(network);
    double meanRatio =
        network.layers().stream().mapToDouble(QuantizedLayer::ratio).average().orElse(Double.NaN);
    String outputs =
        network.outputSqnrDb().entrySet().stream()
            .map(
                output ->
                    figure(
                        number(output.getValue(), 1) + " dB",
                        "SQNR of "
                            + output.getKey()
                            + network.comparison(output.getKey())
                            + agreement(output.getKey())))
            .collect(Collectors.joining());
    return """
        <header><h1>%s</h1><p class="lead">%s, quantized in %s s from %d samples%s%s.</p>
        <dl class="figures">%s%s%s%s%s</dl></header>
        """
        .formatted(
            escape(fileName(facts.out())),
            escape(fileName(facts.model())),
            number(facts.seconds(), 1),
            network.samples(),
            padding(),
            rejected(),
            figure(
                Figures.bytes(facts.written().bytes()),
                "of %s: 1/%s of the size"
                    .formatted(
                        Figures.bytes(facts.floatBytes()),
                        number(
                            (double) facts.floatBytes() / Math.max(1, facts.written().bytes()),
                            1))),
            figure(
                Figures.bytes(weights.huffmanBytes()),
                "the weights of layers if Huffman coded, for %s; %s %% of them are 0"
                    .formatted(
                        Figures.bytes(weights.storedBytes()),
                        number(100 * weights.zeroShare(), 1))),
            figure(
                number(meanRatio, 3),
                "mean over layers of the error relative to rounding to nearest"),
            outputs,
            figure(
                Integer.toString(network.layers().size()),
                "layers quantized"
                    + (network.floatNodes().isEmpty()
                        ? ""
                        : ", " + network.floatNodes().size() + " nodes left in float")));
  }

  private String agreement(String output) {
    return facts.written().outputs().stream()
        .filter(o -> o.name().equals(output))
        .map(o -> "; " + o.agreement())
        .collect(Collectors.joining());
  }

  private static String figure(String value, String what) {
    return "<div><dt>" + escape(what) + "</dt><dd>" + escape(value) + "</dd></div>";
  }

  private String padding() {
    return network.padding().leftOut() == 0 ? "" : "; " + network.padding();
  }

  private String rejected() {
    return network.rejected().isEmpty()
        ? ""
        : network.rejected().entrySet().stream()
            .map(reason -> reason.getValue() + " " + escape(reason.getKey()))
            .collect(Collectors.joining(", ", "; rejected: ", ""));
  }

  private String advice() {
    Map<String, Double> clippedShares =
        histograms.stream()
            .collect(Collectors.toMap(ReportHistogram::name, ReportHistogram::clippedShare));
    List<ReportAdvice> advice = ReportAdvice.of(network, clippedShares);
    String items =
        advice.stream()
            .map(
                item ->
                    "<li><b>%s</b> <span class=\"dim\">%s</span><br>%s%s</li>\n"
                        .formatted(
                            escape(item.subject()),
                            escape(item.finding()),
                            escape(item.remedy()),
                            item.snippet().isEmpty()
                                ? ""
                                : "<pre><code>" + escape(item.snippet()) + "</code></pre>"))
            .collect(Collectors.joining());
    return section(
        "What to try",
        advice.isEmpty()
            ? "<p>No layer stands out. Compare the models on labelled data with <code>halfstep"
                + " evaluate</code>.</p>\n"
            : "<p>Add lines with braces to a file for <code>--plan</code>.</p>\n<ul class=\"advice\">\n"
                + items
                + "</ul>\n");
  }

  private String layers() {
    return section(
        "Layers",
        """
        <p>The dark bar is the remaining part of the error of rounding to nearest (the pale bar). \
        Flipped: weights that were not rounded to nearest. SQNR: signal-to-quantization-noise ratio of the \
        layer's output, with all layers before it quantized.</p>
        <div class="scroll" tabindex="0" role="region" aria-label="Table of layers">
        """
            + new ReportLayers(network).table()
            + "</div>\n");
  }

  private String learned() {
    return network.learned().isEmpty()
        ? ""
        : section("Learned by gradient", new ReportBlocks(network).text());
  }

  private String budget() {
    Allocation allocation = facts.allocation();
    return allocation == null
        ? ""
        : section(
            "Bits within the budget",
            "<p>The best choices of bits for other budgets, and the chosen one. The SQNR is predicted from"
                + " one layer at a time; layers that learn from the errors before them often do"
                + " better. Circles are what was measured in trials.</p>\n<div class=\"multiples\">\n"
                + new ReportBudget(allocation).figure()
                + "</div>\n");
  }

  private String graph() {
    String legend =
        Arrays.stream(ReportGrade.values())
            .map(
                grade -> "<span class=\"chip %s\">%s</span> ".formatted(grade.css(), grade.range()))
            .collect(Collectors.joining());
    Map<String, QuantizedLayer> byName =
        network.layers().stream()
            .collect(Collectors.toMap(QuantizedLayer::name, Function.identity()));
    return section(
        "Network",
        "<p class=\"legend\">SQNR of each layer's output: "
            + legend
            + "</p>\n<div class=\"scroll tall\" tabindex=\"0\" role=\"region\" aria-label=\"Graph of"
            + " the network\">\n"
            + new ReportGraph(new ReportLayout(network.graph()), byName).svg()
            + "</div>\n");
  }

  private String activations() {
    int dynamic = network.dynamic().layers().size();
    String ofRuntime =
        dynamic == 0
            ? ""
            : "<p>%d %s a range of its own values whenever the model runs.</p>\n"
                .formatted(
                    dynamic, dynamic == 1 ? "layer's input has" : "layers' inputs have each");
    return histograms.isEmpty()
        ? ofRuntime.isEmpty() ? "" : section("Activations", ofRuntime)
        : section(
            "Activations",
            ofRuntime
                + "<p>The values seen during calibration and the chosen range. Heights are square roots of counts;"
                + " the peak at zero may be cut off.</p>\n<div class=\"multiples\">\n"
                + histograms.stream().map(ReportHistogram::figure).collect(Collectors.joining())
                + "</div>\n");
  }

  private String leftInFloat() {
    return network.floatNodes().isEmpty()
        ? ""
        : section("Left in float", floatNodes(network.floatNodes()));
  }

  private String computedInFloat() {
    ActivationSites sites = network.graph().sites();
    if (!sites.areAll()) {
      return "";
    }
    return section(
        "Computed in float",
        sites.left().isEmpty()
            ? "<p>Nothing: all operators compute with integers.</p>\n"
            : floatNodes(sites.left()));
  }

  private static String floatNodes(List<FloatNode> nodes) {
    return nodes.stream()
        .map(HtmlReport::floatNode)
        .collect(
            Collectors.joining(
                "",
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Nodes in"
                    + " float\"><table><thead><tr><th scope=\"col\">Node</th><th"
                    + " scope=\"col\">Operator</th><th scope=\"col\">Why</th></tr></thead><tbody>\n",
                "</tbody></table></div>\n"));
  }

  private static String floatNode(FloatNode node) {
    return "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td></tr>\n"
        .formatted(escape(node.name()), escape(node.op()), escape(node.reason()));
  }

  private String notes() {
    List<String> notes =
        Stream.of(facts.notes(), facts.written().notes()).flatMap(List::stream).toList();
    return notes.isEmpty()
        ? ""
        : section(
            "Notes",
            notes.stream()
                .map(note -> "<li>" + escape(note) + "</li>\n")
                .collect(Collectors.joining("", "<ul>\n", "</ul>\n")));
  }

  private String settings() {
    return section(
        "Settings",
        facts.settings().entrySet().stream()
            .map(s -> "<dt>%s</dt><dd>%s</dd>".formatted(escape(s.getKey()), escape(s.getValue())))
            .collect(Collectors.joining("\n", "<dl class=\"settings\">\n", "</dl>\n")));
  }

  private static String section(String title, String body) {
    return "<section><h2>" + title + "</h2>\n" + body + "</section>\n";
  }

  private static String fileName(String path) {
    return path.substring(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  }

  private static String style() {
    try (InputStream css = HtmlReport.class.getResourceAsStream("report.css")) {
      return new String(css.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
