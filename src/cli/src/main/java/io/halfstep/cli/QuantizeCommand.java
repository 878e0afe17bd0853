package io.halfstep.cli;

import io.halfstep.Quantization;
import io.halfstep.QuantizedModel;
import io.halfstep.cli.options.DataOptions;
import io.halfstep.cli.options.PlanOptions;
import io.halfstep.cli.options.ResourceOptions;
import io.halfstep.cli.terminal.ProgressDisplay;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.export.ExportSummary;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanFile;
import io.halfstep.plan.RunOptions;
import io.halfstep.report.HtmlReport;
import io.halfstep.report.ReportFacts;
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
      "    echo 'layers = [{ match = \"/conv1/Conv\", bits = 8 }]' > plan.conf",
      "    halfstep quantize model.onnx --data samples.npz --plan plan.conf --out model.int4.onnx",
      "",
      "--json prints one object as the last line: model, out, bytes, float_bytes, seconds,",
      "mean_ratio, layers (name, op, shape, bits, granularity, rounding, ratio, flips, sqnr_db,",
      "seconds), samples, rejected, spooled_bytes, outputs (name, sqnr_db, runtime_agreement_db),",
      "notes. ratio is the layer's error as a share of what rounding to nearest makes; sqnr_db is",
      "null where nothing was lost. runtime_agreement_db tells how close the written file, executed",
      "by ONNX Runtime on this processor, comes to the calibrated network; null where they are equal."
    })
final class QuantizeCommand implements Callable<Integer> {
  private final long start = System.nanoTime();
  private final Terminal terminal;
  private final QuantizeJob job;

  @Parameters(paramLabel = "MODEL", description = "The float model, ONNX opset 7 and later.")
  private Path modelFile = Path.of("");

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The quantized model to write. A file that is there is replaced.")
  private @Nullable Path out;

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
  private @Nullable Boolean quiet;

  @Option(names = "--json", description = "Print the result as one line of JSON.")
  private @Nullable Boolean json;

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
    PlanFile file = planOptions.read();
    Plan plan = planOptions.over(file.plan());
    RunOptions options = outputs().over(data.given()).over(resources.given()).over(file.options());
    Path target = requireOutputs(options);
    Quantization quantization = Quantization.of(modelFile).plan(plan).options(options);
    QuantizedModel quantized = run(quantization, isQuiet(options));
    ExportSummary written = quantized.write(target);
    if (options.encodings() != null) {
      quantized.writeEncodings(options.encodings());
    }
    QuantizeResult result =
        new QuantizeResult(
            modelFile,
            ModelFiles.bytes(modelFile),
            target,
            written,
            (System.nanoTime() - start) / 1e9,
            quantized);
    if (options.report() != null) {
      HtmlReport.write(quantized.network(), facts(result, plan, options), options.report());
    }
    if (Boolean.TRUE.equals(options.json())) {
      terminal.out().println(result.json());
    } else if (!isQuiet(options)) {
      result.print(terminal.out());
    }
    return 0;
  }

  private RunOptions outputs() {
    return new RunOptions(
        List.of(), List.of(), null, null, null, null, null, null, out, report, encodings, quiet,
        json);
  }

  private static boolean isQuiet(RunOptions options) {
    return Boolean.TRUE.equals(options.quiet());
  }

  private Path requireOutputs(RunOptions options) {
    if (options.out() == null) {
      throw new InvalidInputException("--out is missing; name the file to write the model to");
    }
    List<Path> taken = new ArrayList<>(List.of(modelFile));
    if (planOptions.file() != null) {
      taken.add(planOptions.file());
    }
    requireOutput("--out", options.out(), taken);
    requireOutput("--report", options.report(), taken);
    requireOutput("--encodings", options.encodings(), taken);
    return options.out();
  }

  private static void requireOutput(String option, @Nullable Path file, List<Path> taken) {
    if (file != null) {
      OutputFile.require(option, file, taken);
      taken.add(file);
    }
  }

  private QuantizedModel run(Quantization quantization, boolean silent)
      throws InterruptedException {
    int layers = quantization.graph().layers().size();
    try (ProgressDisplay display = ProgressDisplay.of(terminal, silent, layers)) {
      return job.run(quantization.progress(display));
    }
  }

  private ReportFacts facts(QuantizeResult result, Plan plan, RunOptions options) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("--data", String.join(" ", options.data()));
    if (!options.normalize().isEmpty()) {
      settings.put("--normalize", String.join(" ", options.normalize()));
    }
    settings.putAll(PlanOptions.describe(plan));
    if (planOptions.file() != null) {
      settings.put("--plan", planOptions.file().toString());
    }
    return new ReportFacts(
        modelFile.toString(),
        result.floatBytes(),
        result.out().toString(),
        result.written(),
        result.seconds(),
        settings);
  }
}
