package io.halfstep.cli;

import static io.halfstep.text.Figures.number;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.halfstep.QuantizedModel;
import io.halfstep.allocation.Allocation;
import io.halfstep.allocation.Measured;
import io.halfstep.cli.terminal.Json;
import io.halfstep.cli.terminal.TextTable;
import io.halfstep.export.ExportSummary;
import io.halfstep.export.RuntimeOutput;
import io.halfstep.export.StoredSize;
import io.halfstep.export.WeightTotals;
import io.halfstep.graph.FloatConstants;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.model.Nodes;
import io.halfstep.network.FewSamples;
import io.halfstep.network.LearnedBlock;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.StoredWeight;
import io.halfstep.quantizer.Encoding;
import io.halfstep.text.Figures;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The result of halfstep quantize.
 *
 * @param floatBytes the size of the float model, external data included
 * @param written the files that were written
 * @param seconds wall-clock seconds of the whole command
 * @param doubts about the data, reported before the run
 */
record QuantizeResult(
    Path model,
    long floatBytes,
    Path out,
    ExportSummary written,
    double seconds,
    List<String> doubts,
    QuantizedModel quantized) {
  private static final int SCHEMA = 1;

  QuantizedNetwork network() {
    return quantized.network();
  }

  /** Returns the line of {@code --json}. */
  String json() {
    Map<String, Layer> nodes = nodes();
    StoredSize size = StoredSize.in(network().graph(), network().target());
    return Json.line(
        new Document(
            SCHEMA,
            model.toString(),
            out.toString(),
            written.bytes(),
            floatBytes,
            Json.number(seconds),
            Json.number(meanRatio()),
            weights(),
            network().layers().stream().map(layer -> entry(layer, nodes, size)).toList(),
            network().stored().stream().map(QuantizeResult::stored).toList(),
            network().learned().stream().map(QuantizeResult::block).toList(),
            network().samples(),
            network().heldBack(),
            network().padding().positions(),
            network().padding().leftOut(),
            rejected(),
            quantized.spooledBytes(),
            network().outputSqnrDb().entrySet().stream()
                .map(output -> output(output.getKey(), output.getValue()))
                .toList(),
            floatLayers(),
            network().graph().sites().left(),
            quantized.allocation().map(QuantizeResult::budget).orElse(null),
            PeakMemory.bytes(),
            Stream.concat(doubts.stream(), OutputWarnings.of(network()).stream()).toList(),
            notes()));
  }

  private record Document(
      int schema,
      String model,
      String out,
      long bytes,
      @JsonProperty("float_bytes") long floatBytes,
      @Nullable BigDecimal seconds,
      @JsonProperty("mean_ratio") @Nullable BigDecimal meanRatio,
      Weights weights,
      List<Entry> layers,
      List<StoredEntry> stored,
      List<BlockEntry> blocks,
      long samples,
      @JsonProperty("held_back") long heldBack,
      long positions,
      long padding,
      long rejected,
      @JsonProperty("spooled_bytes") long spooledBytes,
      List<Output> outputs,
      @JsonProperty("float_layers") List<FloatNode> floatLayers,
      @JsonProperty("float_operators") List<FloatNode> floatOperators,
      @Nullable Budget budget,
      @JsonProperty("peak_memory_bytes") @Nullable Long peakMemoryBytes,
      List<String> warnings,
      List<String> notes) {}

  private record Weights(
      long bytes, @JsonProperty("huffman_bytes") long huffmanBytes, @Nullable BigDecimal zeros) {}

  private Weights weights() {
    WeightTotals totals = WeightTotals.of(network());
    return new Weights(
        totals.storedBytes(), totals.huffmanBytes(), Json.number(totals.zeroShare()));
  }

  private record Budget(
      String asked,
      @Nullable BigDecimal amount,
      @JsonProperty("predicted_sqnr_db") @Nullable BigDecimal predictedSqnrDb,
      List<TrialEntry> trials) {}

  private record TrialEntry(
      @Nullable BigDecimal amount,
      @JsonProperty("predicted_sqnr_db") @Nullable BigDecimal predictedSqnrDb,
      @JsonProperty("sqnr_db") @Nullable BigDecimal sqnrDb,
      @Nullable BigDecimal changed) {}

  private static Budget budget(Allocation allocation) {
    return new Budget(
        allocation.budget(),
        Json.number(allocation.amount(allocation.chosen())),
        Json.number(allocation.chosen().sqnrDb()),
        allocation.measured().stream().map(trial -> trial(allocation, trial)).toList());
  }

  private static TrialEntry trial(Allocation allocation, Measured trial) {
    return new TrialEntry(
        Json.number(allocation.amount(trial.assignment())),
        Json.number(trial.assignment().sqnrDb()),
        Json.number(trial.sqnrDb()),
        Json.number(trial.changed()));
  }

  /** Returns what stays in float: nodes that can't be quantized, and layers that the plan skips. */
  private List<FloatNode> floatLayers() {
    Set<String> quantizedLayers =
        network().layers().stream().map(QuantizedLayer::name).collect(Collectors.toSet());
    return Stream.concat(
            network().floatNodes().stream(),
            network().graph().layers().stream()
                .filter(layer -> !quantizedLayers.contains(layer.name()))
                .map(layer -> new FloatNode(layer.name(), layer.op(), "the plan skips it")))
        .toList();
  }

  private record Output(
      String name,
      @JsonProperty("sqnr_db") @Nullable BigDecimal sqnrDb,
      @JsonProperty("nearest_sqnr_db") @Nullable BigDecimal nearestSqnrDb,
      @JsonProperty("runtime_agreement_db") @Nullable BigDecimal runtimeAgreementDb) {}

  private Output output(String name, double sqnrDb) {
    double agreement = compared(name).map(RuntimeOutput::agreementDb).orElse(Double.NaN);
    double nearest = network().nearestSqnrDb().getOrDefault(name, Double.NaN);
    return new Output(name, Json.number(sqnrDb), Json.number(nearest), Json.number(agreement));
  }

  private Optional<RuntimeOutput> compared(String output) {
    return written.outputs().stream().filter(o -> o.name().equals(output)).findFirst();
  }

  private record Entry(
      String name,
      String op,
      long[] shape,
      int bits,
      String levels,
      String granularity,
      String rounding,
      @Nullable BigDecimal ratio,
      int flips,
      @JsonProperty("sqnr_db") @Nullable BigDecimal sqnrDb,
      @Nullable BigDecimal seconds,
      long bytes,
      @JsonProperty("huffman_bytes") long huffmanBytes) {}

  private Entry entry(QuantizedLayer layer, Map<String, Layer> nodes, StoredSize size) {
    Layer node = node(layer, nodes);
    Encoding encoding = layer.weight().encoding();
    return new Entry(
        layer.name(),
        node.op(),
        node.weight().shape(),
        encoding.grid().bits(),
        encoding.levels().label(),
        encoding.granularity().label(),
        layer.rounding(),
        Json.number(layer.ratio()),
        layer.flips(),
        Json.number(layer.sqnrDb()),
        Json.number(layer.seconds()),
        size.of(layer.weight()),
        size.huffman(layer.weight()));
  }

  private record StoredEntry(
      String name,
      List<String> nodes,
      long[] shape,
      int bits,
      String granularity,
      @JsonProperty("sqnr_db") @Nullable BigDecimal sqnrDb) {}

  private static StoredEntry stored(StoredWeight stored) {
    Encoding encoding = stored.weight().encoding();
    return new StoredEntry(
        stored.constant().name(),
        stored.constant().readers().stream().map(Nodes::name).toList(),
        stored.constant().shape(),
        encoding.grid().bits(),
        encoding.granularity().label(),
        Json.number(stored.sqnrDb()));
  }

  private record BlockEntry(
      String name,
      String pass,
      @JsonProperty("error_before") @Nullable BigDecimal errorBefore,
      @JsonProperty("error_after") @Nullable BigDecimal errorAfter,
      List<String> layers) {}

  private static BlockEntry block(LearnedBlock block) {
    return new BlockEntry(
        block.name(),
        block.isWhole() ? "network" : "blocks",
        Json.number(block.before()),
        Json.number(block.after()),
        block.layers());
  }

  /** Prints the tables. */
  void print(PrintWriter out) {
    Map<String, Layer> nodes = nodes();
    TextTable table =
        new TextTable(3, "layer", "op", "shape", "bits", "ratio", "flips", "SQNR dB", "seconds");
    for (QuantizedLayer layer : network().layers()) {
      Layer node = node(layer, nodes);
      table.row(
          Figures.shorten(layer.name(), 40),
          node.op(),
          shape(node.weight().shape()),
          Integer.toString(layer.weight().encoding().grid().bits()),
          number(layer.ratio(), 3),
          Integer.toString(layer.flips()),
          number(layer.sqnrDb(), 1),
          number(layer.seconds(), 2));
    }
    table.lines().forEach(out::println);
    out.println();
    if (!network().learned().isEmpty()) {
      printLearned(out);
    }
    out.printf(
        "%s: %s, 1/%s of %s (%s), in %s s%n",
        this.out,
        Figures.bytes(written.bytes()),
        number((double) floatBytes / Math.max(1, written.bytes()), 1),
        model,
        Figures.bytes(floatBytes),
        number(seconds, 1));
    out.println(WeightTotals.of(network()));
    out.printf(
        "error relative to rounding to nearest: %s (mean over %d layers); %s samples%s%s%n",
        number(meanRatio(), 3),
        network().layers().size(),
        network().samples() == 0 ? "no" : network().samples(),
        network().padding().leftOut() == 0 ? "" : " (" + network().padding() + ")",
        rejected() == 0 ? "" : ", " + rejected() + " rejected");
    network()
        .outputSqnrDb()
        .forEach(
            (name, db) ->
                out.printf(
                    "output %s: SQNR %s dB%s%s%n",
                    name,
                    number(db, 1),
                    network().comparison(name),
                    compared(name).map(o -> "; " + o.agreement()).orElse("")));
    quantized
        .allocation()
        .ifPresent(
            allocation ->
                out.printf(
                    "budget %s: the layers take %s; predicted SQNR %s dB%s%n",
                    allocation.budget(),
                    allocation.describe(allocation.chosen().cost()),
                    number(allocation.chosen().sqnrDb(), 1),
                    allocation
                        .measuredOf(allocation.chosen())
                        .map(QuantizeResult::describe)
                        .orElse("")));
    OutputWarnings.of(network()).forEach(warning -> out.println("warning: " + warning));
    notes().forEach(note -> out.println("note: " + note));
  }

  private void printLearned(PrintWriter out) {
    TextTable table = new TextTable(1, "block", "layers learned", "SQNR dB before", "after");
    for (LearnedBlock block : network().learned()) {
      table.row(
          Figures.shorten(block.label(), 40),
          Integer.toString(block.layers().size()),
          number(block.sqnrDbBefore(), 1),
          number(block.sqnrDbAfter(), 1));
    }
    table.lines().forEach(out::println);
    out.println(network().learnedResult());
    out.println();
  }

  private static String describe(Measured trial) {
    return ", measured %s dB%s"
        .formatted(
            number(trial.sqnrDb(), 1),
            Double.isNaN(trial.changed())
                ? ""
                : ", %s %% of predictions changed".formatted(number(100 * trial.changed(), 2)));
  }

  /** Returns notes for the user, one line each. */
  private List<String> notes() {
    List<String> all = new ArrayList<>(FewSamples.notes(network()));
    if (!network().candidate().note().isEmpty()) {
      all.add(network().candidate().note());
    }
    all.addAll(quantized.changes());
    network().rejected().forEach((reason, count) -> all.add(count + " rejected: " + reason));
    network().layers().stream()
        .filter(layer -> !layer.note().isEmpty())
        .forEach(layer -> all.add(layer.name() + ": " + layer.note()));
    network().stored().forEach(stored -> all.add(stored.note()));
    network().graph().alreadyQuantized().ifPresent(all::add);
    FloatConstants.of(network().graph(), network().constants())
        .whyLittle(floatBytes)
        .ifPresent(all::add);
    network()
        .floatNodes()
        .forEach(
            node ->
                all.add(
                    "left in float: %s (%s): %s".formatted(node.name(), node.op(), node.reason())));
    inFloat().ifPresent(all::add);
    network().dynamic().note().ifPresent(all::add);
    quantized.unusedEncodings().ifPresent(all::add);
    all.addAll(written.notes());
    if (!written.microsoftOperators().isEmpty()) {
      all.add(
          "uses ONNX Runtime's own operators (com.microsoft) for quantization, because of "
              + String.join("; ", written.microsoftOperators()));
    }
    return all;
  }

  /** Says which operators of a network in integers compute in float. */
  private Optional<String> inFloat() {
    Map<String, Long> operators =
        network().graph().sites().left().stream()
            .collect(Collectors.groupingBy(FloatNode::op, TreeMap::new, Collectors.counting()));
    return operators.isEmpty()
        ? Optional.empty()
        : Optional.of(
            operators.entrySet().stream()
                .map(op -> op.getValue() + " " + op.getKey())
                .collect(Collectors.joining(", ", "computed in float: ", "; --report says why")));
  }

  /** Describes the outputs whose SQNR is below a bound in dB. */
  List<String> below(double bound) {
    return network().outputSqnrDb().entrySet().stream()
        .filter(output -> !(output.getValue() >= bound))
        .map(
            output ->
                "output %s: SQNR %s dB, below --fail-below %s"
                    .formatted(output.getKey(), number(output.getValue(), 1), Figures.brief(bound)))
        .toList();
  }

  private double meanRatio() {
    return network().layers().stream()
        .mapToDouble(QuantizedLayer::ratio)
        .average()
        .orElse(Double.NaN);
  }

  private long rejected() {
    return network().rejected().values().stream().mapToLong(Long::longValue).sum();
  }

  private Map<String, Layer> nodes() {
    return network().graph().layers().stream()
        .collect(Collectors.toMap(Layer::name, Function.identity()));
  }

  private static Layer node(QuantizedLayer layer, Map<String, Layer> nodes) {
    Layer node = nodes.get(layer.name());
    if (node == null) {
      throw new IllegalStateException("layer " + layer.name() + " is not in the graph");
    }
    return node;
  }

  static String shape(long[] shape) {
    return Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining("×"));
  }
}
