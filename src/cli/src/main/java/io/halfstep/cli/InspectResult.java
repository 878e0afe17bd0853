package io.halfstep.cli;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.halfstep.cli.terminal.Json;
import io.halfstep.cli.terminal.TextTable;
import io.halfstep.graph.FloatConstants;
import io.halfstep.graph.Inspection;
import io.halfstep.graph.Stage;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.graph.Stage.OperatorStage;
import io.halfstep.graph.StageGraph;
import io.halfstep.graph.StoredConstant;
import io.halfstep.inspection.LearningEstimate;
import io.halfstep.inspection.MemoryEstimate;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import io.halfstep.text.Figures;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The result of {@code inspect}. */
record InspectResult(
    Path model,
    long fileBytes,
    long fileParameters,
    StageGraph graph,
    List<Inspection> inspections,
    FloatConstants constants,
    @Nullable MemoryEstimate memory,
    @Nullable String learning,
    @Nullable String mask) {

  /** Returns the line of {@code --json}. */
  String json() {
    return Json.line(
        new Document(
            model.toString(),
            graph.model().opset(),
            graph.model().inputs().stream().map(InspectResult::port).toList(),
            graph.model().outputs().stream().map(InspectResult::port).toList(),
            graph.stages().stream().map(InspectResult::stage).toList(),
            layers().stream().map(InspectResult::layer).toList(),
            inFloat().stream()
                .map(i -> new FloatEntry(i.name(), i.op(), i.reason(), orNull(i.macs())))
                .toList(),
            graph.storedConstants().stream().map(InspectResult::stored).toList(),
            parameters(),
            orNull(macs(layers())),
            graph.quantizedNodes(),
            new FileEntry(fileBytes, fileParameters),
            constants.parts(),
            constants.bytes(),
            Json.number((double) constants.bytes() / fileBytes),
            orNull(macs(inFloat())),
            memory == null ? null : memory(memory),
            memory == null ? null : memory.gradient().map(InspectResult::learn).orElse(null),
            mask));
  }

  private record Document(
      String model,
      long opset,
      List<PortEntry> inputs,
      List<PortEntry> outputs,
      List<StageEntry> stages,
      List<LayerEntry> layers,
      @JsonProperty("float") List<FloatEntry> inFloat,
      List<StoredEntry> stored,
      long parameters,
      @Nullable Long macs,
      List<StageGraph.QuantizedNode> quantized,
      FileEntry file,
      @JsonProperty("float_constants") List<FloatConstants.Part> floatConstants,
      @JsonProperty("float_bytes") long floatBytes,
      @JsonProperty("float_share") @Nullable BigDecimal floatShare,
      @JsonProperty("float_macs") @Nullable Long floatMacs,
      @Nullable MemoryEntry memory,
      @Nullable LearnEntry learn,
      @Nullable String mask) {}

  private record MemoryEntry(
      long samples,
      Map<String, List<Long>> shapes,
      long model,
      long kept,
      @JsonProperty("in_flight") long inFlight,
      long learning,
      long gradient,
      @JsonProperty("expected_peak") long expectedPeak) {}

  private record LearnEntry(
      int blocks,
      boolean network,
      @JsonProperty("thread_seconds") @Nullable BigDecimal threadSeconds) {}

  private static LearnEntry learn(LearningEstimate learning) {
    return new LearnEntry(
        learning.blocks(), learning.network(), Json.number(learning.threadSeconds()));
  }

  private record FileEntry(long bytes, long parameters) {}

  private record PortEntry(String name, List<Long> shape) {}

  private record StageEntry(
      String name, int level, List<String> operators, List<String> inputs, List<String> outputs) {}

  private record LayerEntry(
      String name,
      String op,
      List<Long> shape,
      @JsonProperty("output_shape") List<Long> outputShape,
      long parameters,
      @Nullable Long macs) {}

  private record FloatEntry(String name, String op, String reason, @Nullable Long macs) {}

  private record StoredEntry(String name, List<String> nodes, List<Long> shape, long bytes) {}

  private static StoredEntry stored(StoredConstant constant) {
    return new StoredEntry(
        constant.name(), readers(constant), constant.tensor().getDimsList(), constant.bytes());
  }

  private static List<String> readers(StoredConstant constant) {
    return constant.readers().stream().map(Nodes::name).toList();
  }

  private static MemoryEntry memory(MemoryEstimate memory) {
    return new MemoryEntry(
        memory.samples(),
        memory.shapes(),
        memory.model(),
        memory.kept(),
        memory.inFlight(),
        memory.learning(),
        memory.byGradient(),
        memory.total());
  }

  private static PortEntry port(Model.Port port) {
    return new PortEntry(port.name(), port.shape());
  }

  private static StageEntry stage(Stage stage) {
    return new StageEntry(
        stage.name(), stage.level(), operators(stage), stage.inputs(), stage.outputs());
  }

  private static LayerEntry layer(Inspection layer) {
    return new LayerEntry(
        layer.name(),
        layer.op(),
        layer.weightShape(),
        layer.outputShape(),
        layer.parameters(),
        orNull(layer.macs()));
  }

  /** Prints the tables. */
  void print(PrintWriter out) {
    out.printf(
        "%s: opset %d, %d layers in %d stages%n",
        model, graph.model().opset(), layers().size(), graph.stages().size());
    graph
        .model()
        .inputs()
        .forEach(p -> out.println("input   " + p.name() + " " + shape(p.shape())));
    graph
        .model()
        .outputs()
        .forEach(p -> out.println("output  " + p.name() + " " + shape(p.shape())));
    out.println();
    stageTable().lines().forEach(out::println);
    out.println();
    out.printf(
        "%s parameters and %s multiply-accumulates per sample in layers%n",
        count(OptionalLong.of(parameters())), count(macs(layers())));
    out.printf(
        "the file: %s, %,d parameters; %s (%s) and %s multiply-accumulates%s stay in float%n",
        Figures.bytes(fileBytes),
        fileParameters,
        Figures.bytes(constants.bytes()),
        percent((double) constants.bytes() / fileBytes),
        count(macs(inFloat())),
        shareOfMacs());
    constants.whyLittle(fileBytes).ifPresent(why -> out.println("note: " + why));
    graph.alreadyQuantized().ifPresent(nodes -> out.println("note: " + nodes));
    if (!graph.undecided().isEmpty()) {
      out.println("note: --data tells which branches of If nodes are quantized");
    } else if (inFloat().isEmpty() && graph.quantizedNodes().isEmpty()) {
      out.println("Every layer will be quantized.");
    }
    graph
        .storedConstants()
        .forEach(
            constant ->
                out.printf(
                    "stored as integers, rounded to nearest: %s of %s, %s%n",
                    constant.name(),
                    String.join(", ", readers(constant)),
                    Figures.bytes(constant.bytes())));
    inFloat()
        .forEach(
            node ->
                out.printf("stays in float: %s (%s): %s%n", node.name(), node.op(), node.reason()));
    if (memory != null) {
      print(memory, mask, out);
      if (learning != null) {
        out.println("learn: " + learning);
      }
    }
  }

  private static void print(MemoryEstimate memory, @Nullable String mask, PrintWriter out) {
    out.println();
    out.printf("%d samples, the first with", memory.samples());
    memory.shapes().forEach((name, shape) -> out.printf(" %s %s", name, shape(shape)));
    out.println();
    if (mask != null) {
      out.printf(
          "'%s' masks padding: it is left out of all figures, and samples of different lengths share"
              + " batches%n",
          mask);
    }
    out.printf(
        "'quantize' is expected to take %s of memory: the model %s, batches that wait %s and in flight %s, learning %s%s, the rest garbage, the virtual machine and libraries%n",
        Figures.bytes(memory.total()),
        Figures.bytes(memory.model()),
        Figures.bytes(memory.kept()),
        Figures.bytes(memory.inFlight()),
        Figures.bytes(memory.learning()),
        memory.gradient().isEmpty()
            ? ""
            : " and then by gradient " + Figures.bytes(memory.byGradient()));
    memory.warning().ifPresent(warning -> out.println("warning: " + warning));
  }

  private TextTable stageTable() {
    Map<String, Inspection> byName =
        layers().stream().collect(Collectors.toMap(Inspection::name, Function.identity()));
    TextTable table =
        new TextTable(4, "stage", "operators", "weight", "output", "level", "parameters", "MACs");
    for (Stage stage : graph.stages()) {
      Inspection layer = byName.get(stage.name());
      String level = Integer.toString(stage.level());
      if (layer == null) {
        String operators = Figures.shorten(String.join(" ", counted(operators(stage))), 40);
        table.row(Figures.shorten(stage.name(), 40), operators, "", "", level, "", "");
      } else {
        table.row(
            Figures.shorten(layer.name(), 40),
            layer.op(),
            shape(layer.weightShape()),
            shape(layer.outputShape()),
            level,
            count(OptionalLong.of(layer.parameters())),
            count(layer.macs()));
      }
    }
    return table;
  }

  private List<Inspection> layers() {
    return inspections.stream().filter(Inspection::quantized).toList();
  }

  private List<Inspection> inFloat() {
    return inspections.stream().filter(i -> !i.quantized()).toList();
  }

  private long parameters() {
    return layers().stream().mapToLong(Inspection::parameters).sum();
  }

  private static OptionalLong macs(List<Inspection> nodes) {
    return nodes.stream().allMatch(node -> node.macs().isPresent())
        ? OptionalLong.of(nodes.stream().mapToLong(i -> i.macs().orElseThrow()).sum())
        : OptionalLong.empty();
  }

  private String shareOfMacs() {
    OptionalLong inFloat = macs(inFloat());
    OptionalLong all = macs(inspections);
    return inFloat.isPresent() && all.isPresent() && all.getAsLong() > 0
        ? " (" + percent((double) inFloat.getAsLong() / all.getAsLong()) + ")"
        : "";
  }

  private static String percent(double share) {
    return Figures.number(100 * share, 1) + " %";
  }

  private static List<String> operators(Stage stage) {
    return stage instanceof OperatorStage operators
        ? operators.operators()
        : List.of(((LayerStage) stage).layer().op());
  }

  /** Counts repeated operators: {@code Relu Relu Add} becomes {@code 2×Relu Add}. */
  private static List<String> counted(List<String> operators) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    operators.forEach(op -> counts.merge(op, 1, Integer::sum));
    return counts.entrySet().stream()
        .map(e -> e.getValue() == 1 ? e.getKey() : e.getValue() + "×" + e.getKey())
        .toList();
  }

  private static String shape(List<Long> shape) {
    return shape.stream().map(d -> d < 0 ? "?" : d.toString()).collect(Collectors.joining("×"));
  }

  private static String count(OptionalLong number) {
    return number.isPresent() ? String.format("%,d", number.getAsLong()) : "?";
  }

  private static @Nullable Long orNull(OptionalLong number) {
    return number.isPresent() ? number.getAsLong() : null;
  }
}
