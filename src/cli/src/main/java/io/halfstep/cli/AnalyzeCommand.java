package io.halfstep.cli;

import io.halfstep.Quantization;
import io.halfstep.analysis.Analysis;
import io.halfstep.analysis.AnalysisResult;
import io.halfstep.analysis.Measurement;
import io.halfstep.cli.options.PlanOptions;
import io.halfstep.cli.options.SettingOptions;
import io.halfstep.cli.options.SettingsCommand;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Layer;
import io.halfstep.plan.DataSettings;
import io.halfstep.plan.OutputSettings;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanFile;
import io.halfstep.plan.ResourceSettings;
import io.halfstep.plan.Setting;
import io.halfstep.plan.SettingValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;

/** {@code halfstep analyze}. */
@Command(
    name = "analyze",
    sortOptions = false,
    customSynopsis = "halfstep analyze MODEL --data=PATH... [--plan-out=FILE.conf] [OPTION]...%n",
    description = {
      "Finds what quantization loses where, and what helps. It quantizes the model again and again"
          + " on a few samples and measures the outputs on the eighth of them that is held back:",
      "  1. the plan as given by the options, the same as those of 'quantize';",
      "  2. weights only and activations only: which of the two loses more;",
      "  3. the weight of one layer at a time, of at most 40: which layers lose most;",
      "  4. each remedy alone that the plan does not have yet: ranges, equalization, bias",
      "     correction, rounding, granularity, more bits for a few layers or for activations;",
      "  5. the remedies that bring at least 0.3 dB together: first those that cost neither size",
      "     nor speed, then the others, as long as each still brings as much.",
      "--plan-out writes the plan with these, for 'quantize --plan'.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  halfstep analyze model.onnx --data samples.npz --granularity tensor --plan-out better.conf",
      "  halfstep quantize model.onnx --data samples.npz --plan better.conf --out model.int4.onnx",
      "",
      "SQNR is the signal to quantization noise of the output, of several the lowest: 10 dB more are",
      "a tenth of the noise. The share of a layer is its part of the noise that the layers cause",
      "alone. A layer alone may lose more than the plan: there, layers behind it learn to make up for",
      "it. Differences below 0.3 dB may be due to the samples.",
      "",
      "--json prints one object as the last line: schema (1), model, samples, held_back, trials (kind:",
      "given, part, layer, remedy or combination; name; layers, whose settings it changes, empty for",
      "all; sqnr_db; gain_db, over the plan as given; bytes of the model), layers_left (quantized",
      "layers that were not tried alone), best (the trial whose plan --plan-out writes), warnings.",
      "sqnr_db is null where nothing was lost.",
      "",
      "Exit codes: 0; 1 for a failure; 2 for a mistake in the input; 130 for an interrupt."
    })
final class AnalyzeCommand implements Callable<Integer>, SettingsCommand {
  private static final long SAMPLES = 256;

  private final Terminal terminal;
  private final QuantizeJob job;

  @Parameters(paramLabel = "MODEL", description = "The float model, ONNX opset 7 and later.")
  private Path modelFile = Path.of("");

  private final SettingOptions outputs =
      new SettingOptions(
          List.of(
              OutputSettings.PLAN_OUT.explained("", "Write the best plan, for 'quantize --plan'."),
              OutputSettings.QUIET,
              OutputSettings.JSON));
  private final SettingOptions data =
      new SettingOptions(
          DataSettings.ALL.stream().<Setting<?>>map(AnalyzeCommand::explained).toList());
  private final PlanOptions planOptions = new PlanOptions();
  private final SettingOptions resources = new SettingOptions(ResourceSettings.ALL);

  AnalyzeCommand(Terminal terminal, QuantizeJob job) {
    this.terminal = terminal;
    this.job = job;
  }

  private static Setting<?> explained(Setting<?> setting) {
    return setting.equals(DataSettings.SAMPLES)
        ? setting.explained(Long.toString(SAMPLES), "Use the first N samples only, in each run.")
        : setting;
  }

  @Override
  public void addOptions(CommandSpec command) {
    outputs.addTo(command, "Results:");
    data.addTo(command, "Data:");
    planOptions.addTo(command);
    resources.addTo(command, "Resources (the result depends on none of them):");
  }

  @Override
  public Integer call() throws InterruptedException {
    PlanFile file = planOptions.read();
    Plan plan = planOptions.over(file.plan());
    if (plan.encodingsIn() != null) {
      throw new InvalidInputException(
          "encodings-in = %s: 'analyze' tries other encodings than these; leave it out"
              .formatted(plan.encodingsIn()));
    }
    OutputSettings results = new OutputSettings(outputs.given().over(file.others()));
    requirePlanOut(results);
    Quantization quantization =
        Quantization.of(modelFile)
            .data(samples(file.others()))
            .resources(new ResourceSettings(resources.given().over(file.others())))
            .plan(plan);
    List<String> doubts = Doubts.of(quantization, terminal, results.quiet());
    AnalysisResult found = analyze(quantization, plan, results.quiet());
    if (results.planOut() != null) {
      PlanFile.write(found.best().measured().plan(), results.planOut());
    }
    AnalyzeResult result = new AnalyzeResult(modelFile, found, results.planOut(), doubts);
    if (results.json()) {
      terminal.out().println(result.json());
    } else if (!results.quiet()) {
      result.print(terminal.out());
    }
    return 0;
  }

  private DataSettings samples(SettingValues others) {
    DataSettings given = new DataSettings(data.given().over(others));
    if (given.files().isEmpty()) {
      throw new InvalidInputException(
          "--data is missing; analyze measures the outputs, and needs some samples for it");
    }
    return given.over(DataSettings.NONE.withSamples(SAMPLES));
  }

  private void requirePlanOut(OutputSettings results) {
    if (results.planOut() != null) {
      List<Path> taken = new ArrayList<>(List.of(modelFile));
      Path plan = planOptions.file();
      if (plan != null) {
        taken.add(plan);
      }
      OutputFile.require("--plan-out", results.planOut(), taken);
    }
  }

  private AnalysisResult analyze(Quantization quantization, Plan plan, boolean quiet)
      throws InterruptedException {
    List<String> layers = quantization.graph().layers().stream().map(Layer::name).toList();
    AnalyzeProgress progress =
        new AnalyzeProgress(terminal.err(), System::nanoTime, Analysis.mostRuns(plan, layers));
    if (!quiet) {
      progress.start();
    }
    return Analysis.of(
        plan,
        layers,
        each -> Measurement.of(job.run(quantization.plan(each))),
        quiet ? trial -> {} : progress::done);
  }
}
