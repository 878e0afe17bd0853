package io.halfstep.cli;

import io.halfstep.export.EncodingsFile;
import io.halfstep.export.ExportSummary;
import io.halfstep.export.HtmlReport;
import io.halfstep.export.QdqExport;
import io.halfstep.export.QuantizedNetwork;
import io.halfstep.export.ReportFacts;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import io.halfstep.source.Dataset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code halfstep quantize}. */
@Command(
    name = "quantize",
    sortOptions = false,
    customSynopsis = "halfstep quantize MODEL --data=PATH... --out=FILE [OPTION]...%n",
    description = {
      "Quantizes an ONNX model. Samples stream through the network, each layer learns from them how"
          + " its weights are to round, and the result is a standard ONNX model with integer weights"
          + " that ONNX Runtime executes.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  Four-bit weights, eight-bit activations:",
      "    halfstep quantize model.onnx --data samples.npz --out model.int4.onnx",
      "  Three-bit weights only, with a report:",
      "    halfstep quantize model.onnx --data samples/ --weights 3 --activations float \\",
      "        --out model.int3.onnx --report report.html",
      "  Photos for an ImageNet classifier:",
      "    halfstep quantize resnet.onnx --data photos/ --image resize=256,crop=224 \\",
      "        --normalize mean=0.485/0.456/0.406,std=0.229/0.224/0.225,scale=255 --out small.onnx",
      "  Eight bits for the first layer (its name is in the output of 'halfstep inspect'):",
      "    echo 'layers { \"/conv1/Conv\" { bits = 8 } }' > plan.conf",
      "    halfstep quantize model.onnx --data samples.npz --plan plan.conf --out model.onnx",
      "",
      "--json prints one object as the last line: model, out, bytes, float_bytes, seconds,"
          + " mean_ratio,",
      "layers (name, op, shape, bits, granularity, rounding, ratio, flips, sqnr_db, seconds),"
          + " samples,",
      "rejected. ratio is the layer's error as a share of what rounding to nearest makes; sqnr_db is"
          + " null",
      "where nothing was lost."
    })
final class QuantizeCommand implements Callable<Integer> {
  private final long start = System.nanoTime();
  private final Terminal terminal;
  private final QuantizeJob job;

  @Parameters(paramLabel = "MODEL", description = "The float model, ONNX opset 7 and later.")
  private Path modelFile = Path.of("");

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The quantized model to write. A file that is there is replaced.")
  private Path out = Path.of("");

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      description = "Also write what it cost, by layer, with pictures and with what to try.")
  private @Nullable Path report;

  @Option(
      names = "--encodings",
      paramLabel = "FILE.json",
      description = "Also write every scale and zero point.")
  private @Nullable Path encodings;

  @Option(
      names = "--quiet",
      description = "No progress and no summary; only what went wrong, and --json's line.")
  private boolean quiet;

  @Option(names = "--json", description = "Print the result as one line of JSON.")
  private boolean json;

  @ArgGroup(validate = false, heading = "%nData:%n")
  private DataOptions data = new DataOptions();

  @ArgGroup(validate = false, heading = "%nQuantization:%n")
  private PlanOptions planOptions = new PlanOptions();

  @ArgGroup(validate = false, heading = "%nResources (the result depends on none of them):%n")
  private ResourceOptions resources = new ResourceOptions();

  QuantizeCommand(Terminal terminal, QuantizeJob job) {
    this.terminal = terminal;
    this.job = job;
  }

  @Override
  public Integer call() throws InterruptedException {
    requireOutputs();
    Model model = Model.read(modelFile);
    StageGraph graph = StageGraph.of(model);
    Plan plan = planOptions.plan();
    requireLayers(plan, graph);
    Dataset samples = data.open(model);
    QuantizedNetwork network = run(graph, plan, samples);
    ExportSummary written = QdqExport.write(network, out);
    if (encodings != null) {
      EncodingsFile.write(network, encodings);
    }
    QuantizeResult result =
        new QuantizeResult(
            modelFile,
            ModelFiles.bytes(modelFile),
            out,
            written.bytes(),
            (System.nanoTime() - start) / 1e9,
            network,
            notes(written));
    if (report != null) {
      HtmlReport.write(network, facts(result, plan), report);
    }
    if (json) {
      terminal.out().println(result.json());
    } else if (!quiet) {
      result.print(terminal.out());
    }
    return 0;
  }

  private void requireOutputs() {
    List<Path> taken = new ArrayList<>(List.of(modelFile));
    planOptions.file().ifPresent(taken::add);
    OutputFile.require("--out", out, taken);
    taken.add(out);
    if (report != null) {
      OutputFile.require("--report", report, taken);
      taken.add(report);
    }
    if (encodings != null) {
      OutputFile.require("--encodings", encodings, taken);
    }
  }

  /** A pattern that matches nothing is a typing error. */
  private void requireLayers(Plan plan, StageGraph graph) {
    List<String> names = graph.layers().stream().map(Layer::name).toList();
    for (LayerOverride override : plan.overrides()) {
      if (names.stream().noneMatch(override::matches)) {
        throw new InvalidInputException(
            "--plan: no layer is named '%s'; 'halfstep inspect %s' lists them"
                .formatted(override.pattern(), modelFile));
      }
    }
    if (names.stream().noneMatch(name -> plan.layer(name).isPresent())) {
      throw new InvalidInputException("--plan: skips every layer; nothing is left to quantize");
    }
  }

  private QuantizedNetwork run(StageGraph graph, Plan plan, Dataset samples)
      throws InterruptedException {
    try (ProgressDisplay display = ProgressDisplay.of(terminal, quiet, graph.layers().size())) {
      return job.run(
          new QuantizeJob.Request(
              graph,
              plan,
              samples,
              data.batch(),
              data.samples(),
              resources.threads(),
              resources.memoryBytes(),
              resources.spoolDirectory(),
              display));
    }
  }

  private static List<String> notes(ExportSummary written) {
    List<String> notes = new ArrayList<>(written.notes());
    if (!written.microsoftOperators().isEmpty()) {
      notes.add(
          "uses ONNX Runtime's own operators (com.microsoft) for quantization, because of "
              + String.join("; ", written.microsoftOperators()));
    }
    return notes;
  }

  private ReportFacts facts(QuantizeResult result, Plan plan) {
    return new ReportFacts(
        modelFile.toString(),
        result.floatBytes(),
        out.toString(),
        result.bytes(),
        result.seconds(),
        settings(plan));
  }

  private Map<String, String> settings(Plan plan) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("--data", String.join(" ", data.data()));
    if (!data.normalization().isEmpty()) {
      settings.put("--normalize", data.normalization());
    }
    settings.putAll(PlanOptions.describe(plan));
    planOptions.file().ifPresent(file -> settings.put("--plan", file.toString()));
    return settings;
  }
}
