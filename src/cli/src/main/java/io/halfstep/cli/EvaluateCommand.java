package io.halfstep.cli;

import io.halfstep.calibration.Datasets;
import io.halfstep.cli.evaluation.Evaluation;
import io.halfstep.cli.evaluation.SampleLabels;
import io.halfstep.cli.options.SettingOptions;
import io.halfstep.cli.options.SettingsCommand;
import io.halfstep.cli.terminal.ExitCode;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.inspection.InputCheck;
import io.halfstep.model.Model;
import io.halfstep.plan.DataSettings;
import io.halfstep.source.BatchReader;
import io.halfstep.source.Dataset;
import io.halfstep.source.Labels;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.Mask;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code halfstep evaluate}. */
@Command(
    name = "evaluate",
    customSynopsis = "halfstep evaluate MODEL... --data=PATH... [--labels=FILE] [OPTION]...%n",
    sortOptions = false,
    description = {
      "Runs models in ONNX Runtime on the same samples and compares each with the first: top-1 and"
          + " top-5 accuracy, mean IoU of a segmentation, agreement of the predictions and which of"
          + " them changed, signal to quantization noise and cosine of each output, latency, file"
          + " size. Predictions are those of the first output, where it holds class scores.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  halfstep evaluate model.onnx model.int4.onnx --data test.npz:images \\",
      "      --labels test.npz:labels --normalize mean=0.2860,std=0.3530,scale=255",
      "",
      "--json prints as the last line {\"schema\": 1, \"models\": [{model, bytes, top1, top5, miou,",
      "agreement, changes {changed, right_to_wrong, wrong_to_right}, sqnr_db {output: dB}, outputs",
      "[{name, sqnr_db, cosine, nonfinite_matched, nonfinite_unmatched}], ms_per_sample, notes}], warnings}.",
      "top1, top5, miou and agreement are shares from 0 to 1; absent, or null for agreement, where",
      "there is no such figure. sqnr_db is null where the outputs are identical or nothing is finite.",
      "nonfinite_matched counts elements that are NaN or infinite in both models, nonfinite_unmatched",
      "those of one only; the other figures leave both out. ms_per_sample is ONNX Runtime's time in",
      "batches of --batch.",
      "",
      "Exit codes: 0; 1 for a failure; 2 for a mistake in the input; 3 if a figure is below",
      "--min-top1 or --min-sqnr."
    })
final class EvaluateCommand implements Callable<Integer>, SettingsCommand {
  private static final int BATCH = 32;

  private final Terminal terminal;

  @Parameters(
      arity = "1..*",
      paramLabel = "MODEL",
      description = "ONNX models; the others are compared with the first.")
  private List<Path> models = new ArrayList<>();

  private final SettingOptions data = new SettingOptions(DataSettings.ALL);

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description =
          "The class of each sample: .npy, .npz:array, or text with one integer per line. For a"
              + " segmentation, label maps [n, H, W]; labels that are no class, such as 255, do not"
              + " count.")
  private @Nullable String labels;

  @Option(
      names = "--min-top1",
      paramLabel = "PERCENT",
      description =
          "Exit with 3 if a model's top-1 is lower. The first model counts only if it is alone.")
  private @Nullable Double minTop1;

  @Option(
      names = "--min-sqnr",
      paramLabel = "DB",
      description =
          "Exit with 3 if the SQNR of any output of another model than the first is lower, or if"
              + " elements are NaN or infinite in one of the two only.")
  private @Nullable Double minSqnr;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Compute threads. Default: one per processor.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--optimization",
      paramLabel = "LEVEL",
      description =
          "ONNX Runtime's optimization level: none, basic, extended, all. Without"
              + " extended, it computes quantized layers in float. Default: all.")
  private Optimization optimization = Optimization.ALL;

  @Option(names = "--json", description = "Print the result as one line of JSON.")
  private boolean json;

  EvaluateCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void addOptions(CommandSpec command) {
    data.addTo(command, "Data:");
  }

  @Override
  public Integer call() throws InterruptedException {
    check();
    Model first = Model.read(models.get(0));
    SampleLabels classes = labels == null ? null : new SampleLabels(Labels.read(labels));
    DataSettings options = new DataSettings(data.given());
    Dataset samples = Datasets.open(options, first);
    List<String> doubts = InputCheck.warnings(first, samples, !options.normalization().isEmpty());
    EvaluateResult result;
    try (Evaluation evaluation =
        new Evaluation(models, new Options(threads, optimization), classes)) {
      run(evaluation, samples, options);
      if (classes != null) {
        classes.requireAll(options.samples() != null, samples.rejections());
      }
      result = new EvaluateResult(evaluation.scores(), doubts);
    }
    if (json) {
      terminal.out().println(result.json());
    } else {
      result.print(terminal.out());
    }
    List<String> below = result.below(minTop1, minSqnr);
    below.forEach(line -> terminal.err().println("halfstep: " + line));
    return below.isEmpty() ? 0 : ExitCode.BELOW;
  }

  private void check() {
    if (minTop1 != null && labels == null) {
      throw new InvalidInputException("--min-top1 needs --labels");
    }
    if (minTop1 != null && !(minTop1 > 1 && minTop1 <= 100)) {
      throw new InvalidInputException(
          "--min-top1 %s: expected a percentage above 1, e.g. 90".formatted(minTop1));
    }
    if (minSqnr != null && models.size() < 2) {
      throw new InvalidInputException(
          "--min-sqnr needs a second model, which is compared with the first");
    }
  }

  private void run(Evaluation evaluation, Dataset samples, DataSettings options)
      throws InterruptedException {
    String mask = samples.mask();
    try (BatchReader batches =
        samples.batches(
            options.batch() == null ? BATCH : options.batch(),
            options.samples() == null ? Dataset.ALL : options.samples())) {
      for (SampleBatch batch = batches.next(); batch != null; batch = batches.next()) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        evaluation.add(
            batch, mask == null ? null : Mask.of(batch.input(mask)), batches.rejections());
      }
    }
    if (samples.rejections().total() > 0) {
      terminal.err().println("halfstep: " + samples.rejections());
    }
  }
}
