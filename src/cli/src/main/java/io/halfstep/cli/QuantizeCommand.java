package io.halfstep.cli;

import io.halfstep.Quantization;
import io.halfstep.QuantizedModel;
import io.halfstep.cli.options.PlanOptions;
import io.halfstep.cli.options.SettingOptions;
import io.halfstep.cli.options.SettingsCommand;
import io.halfstep.cli.terminal.ExitCode;
import io.halfstep.cli.terminal.ProgressDisplay;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.export.ExportSummary;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.network.FewSamples;
import io.halfstep.plan.DataSettings;
import io.halfstep.plan.OutputSettings;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanFile;
import io.halfstep.plan.PlanSettings;
import io.halfstep.plan.ResourceSettings;
import io.halfstep.report.HtmlReport;
import io.halfstep.report.ReportFacts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;

/** {@code halfstep quantize}. */
@Command(
    name = "quantize",
    sortOptions = false,
    customSynopsis = "halfstep quantize MODEL [--data=PATH...] --out=FILE [OPTION]...%n",
    description = {
      "Quantizes an ONNX model. Samples stream through the network, each layer learns from them how"
          + " to round its weights, and the result is a standard ONNX model with integer weights"
          + " that ONNX Runtime executes.",
      "Without --data, ranges and roundings follow from the model's batch norms; --normalize tells"
          + " the range of an input of images. Layers of whose input these tell nothing are rounded"
          + " to nearest, and their inputs stay in float.",
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
      "  Three bits per weight on average, more where they count, less elsewhere:",
      "    halfstep quantize model.onnx --data samples.npz --budget bits=3 --out model.int3.onnx",
      "  The fewest bits that cost no more than half a decibel, as measured:",
      "    halfstep quantize model.onnx --data samples.npz --max-drop 0.5dB --out model.mixed.onnx",
      "  Without samples, from what the model's batch norms know:",
      "    halfstep quantize resnet.onnx --weights 8 --bias-correction analytic \\",
      "        --normalize mean=0.485/0.456/0.406,std=0.229/0.224/0.225,scale=255 --out small.onnx",
      "  Eight bits for the first layer (its name is in the output of 'halfstep inspect'):",
      "    echo 'layers = [{ match = \"/conv1/Conv\", bits = 8 }]' > plan.conf",
      "    halfstep quantize model.onnx --data samples.npz --plan plan.conf --out model.int4.onnx",
      "",
      "--json prints one object as the last line: schema (1; it grows if a field changes its meaning",
      "or goes), model, out, bytes, float_bytes, seconds, mean_ratio, weights (of all layers: bytes,",
      "huffman_bytes: if the integers were Huffman coded, zeros: the share of those that are 0),",
      "layers (name, op, shape, bits, levels, granularity, rounding, ratio, flips, sqnr_db, seconds,",
      "bytes, huffman_bytes), stored (name, nodes, shape, bits,",
      "granularity, sqnr_db: constants of other nodes than layers that are stored as integers; sqnr_db",
      "is that of the constant), blocks (name: its first layer, pass: blocks or network, error_before,",
      "error_after: of its outputs in proportion to their signal, layers: those that learned; what was",
      "learned by --learn, also if the result has other weights), samples, held_back (the number of",
      "them that no layer learned from), positions (of all sequences), padding",
      "(positions that were left out), rejected, spooled_bytes, outputs (name, sqnr_db,",
      "nearest_sqnr_db, runtime_agreement_db), float_layers (name, op, reason: what stays in",
      "float), float_operators (the same of operators without weights, with --quantize all),",
      "budget (asked, amount, predicted_sqnr_db, trials; null without --budget and --max-drop),",
      "peak_memory_bytes (resident; null where the system does not say), warnings, notes.",
      "ratio is the layer's error divided by that of rounding to nearest. sqnr_db is measured on the",
      "samples held back, on all if there are fewer than nine; null where nothing was lost, and",
      "without samples, when outputs is empty.",
      "nearest_sqnr_db is the same with weights rounded to nearest; if it was higher, that network is",
      "the result. runtime_agreement_db is the agreement of the file, executed by ONNX Runtime",
      "on this processor, with the calibrated network; null where they are equal.",
      "",
      "Exit codes: 0; 1 for a failure; 2 for a mistake in the input; 3 if an output is below",
      "--fail-below; 130 for an interrupt."
    })
final class QuantizeCommand implements Callable<Integer>, SettingsCommand {
  private final long start = System.nanoTime();
  private final Terminal terminal;
  private final QuantizeJob job;

  @Parameters(paramLabel = "MODEL", description = "The float model, ONNX opset 7 and later.")
  private Path modelFile = Path.of("");

  private final SettingOptions outputs = new SettingOptions(OutputSettings.ALL);
  private final OptionSpec failBelow =
      OptionSpec.builder("--fail-below")
          .type(Double.class)
          .paramLabel("DB")
          .description(
              "Exit with 3 if the SQNR of an output on the samples held back is lower. The files"
                  + " are written.")
          .build();
  private final SettingOptions data = new SettingOptions(DataSettings.ALL);
  private final PlanOptions planOptions = new PlanOptions();
  private final SettingOptions resources = new SettingOptions(ResourceSettings.ALL);

  QuantizeCommand(Terminal terminal, QuantizeJob job) {
    this.terminal = terminal;
    this.job = job;
  }

  @Override
  public void addOptions(CommandSpec command) {
    outputs.addTo(command, "Results:", failBelow);
    data.addTo(command, "Data:");
    planOptions.addTo(command);
    resources.addTo(command, "Resources (the result depends on none of them):");
  }

  @Override
  public Integer call() throws InterruptedException {
    PlanFile file = planOptions.read();
    Plan plan = planOptions.over(file.plan());
    OutputSettings results = new OutputSettings(outputs.given().over(file.others()));
    DataSettings samples = new DataSettings(data.given().over(file.others()));
    Path target = requireOutputs(results, plan.encodingsIn());
    if (failBelow.getValue() != null && samples.files().isEmpty()) {
      throw new InvalidInputException(
          "--fail-below needs samples to measure on, and there are none: add --data");
    }
    Quantization quantization =
        Quantization.of(modelFile)
            .plan(plan)
            .data(samples)
            .resources(new ResourceSettings(resources.given().over(file.others())));
    List<String> doubts = Doubts.of(quantization, terminal, results.quiet());
    if (!results.quiet()) {
      quantization.learning().ifPresent(what -> terminal.err().println("learn: " + what));
    }
    QuantizedModel quantized = run(quantization, results.quiet());
    ExportSummary written = quantized.write(target);
    if (results.encodings() != null) {
      quantized.writeEncodings(results.encodings());
    }
    if (results.planOut() != null) {
      quantized.writePlan(results.planOut());
    }
    QuantizeResult result =
        new QuantizeResult(
            modelFile,
            ModelFiles.bytes(modelFile),
            target,
            written,
            (System.nanoTime() - start) / 1e9,
            doubts,
            quantized);
    if (results.report() != null) {
      HtmlReport.write(quantized.network(), facts(result, plan, samples), results.report());
    }
    if (results.json()) {
      terminal.out().println(result.json());
    } else if (!results.quiet()) {
      result.print(terminal.out());
    }
    Double bound = failBelow.getValue();
    List<String> below = bound == null ? List.of() : result.below(bound);
    below.forEach(line -> terminal.err().println("halfstep: " + line));
    return below.isEmpty() ? 0 : ExitCode.BELOW;
  }

  private Path requireOutputs(OutputSettings results, @Nullable Path encodingsIn) {
    if (results.out() == null) {
      throw new InvalidInputException("--out is missing; name the file to write the model to");
    }
    List<Path> taken = new ArrayList<>(List.of(modelFile));
    Path plan = planOptions.file();
    if (plan != null) {
      taken.add(plan);
    }
    if (encodingsIn != null) {
      taken.add(encodingsIn);
    }
    requireOutput("--out", results.out(), taken);
    requireOutput("--report", results.report(), taken);
    requireOutput("--encodings", results.encodings(), taken);
    requireOutput("--plan-out", results.planOut(), taken);
    return results.out();
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
      return job.run(quantization.onProgress(display));
    }
  }

  private ReportFacts facts(QuantizeResult result, Plan plan, DataSettings samples) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.putAll(
        SettingOptions.describe(
            List.of(DataSettings.DATA, DataSettings.NORMALIZE, DataSettings.MASK),
            samples.values()));
    settings.putAll(SettingOptions.describe(PlanSettings.ALL, plan.completed()));
    Path file = planOptions.file();
    if (file != null) {
      settings.put("--plan", file.toString());
    }
    return new ReportFacts(
        modelFile.toString(),
        result.floatBytes(),
        result.out().toString(),
        result.written(),
        result.seconds(),
        settings,
        result.quantized().allocation().orElse(null),
        Stream.of(result.doubts(), FewSamples.notes(result.network()), result.quantized().changes())
            .flatMap(List::stream)
            .toList());
  }
}
