package io.halfstep.cli;

import io.halfstep.cli.options.SettingsCommand;
import io.halfstep.cli.options.SettingOptions;
import static io.halfstep.text.Figures.number;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.halfstep.calibration.Datasets;
import io.halfstep.cli.evaluation.Evaluation;
import io.halfstep.cli.evaluation.Evaluation.Score;
import io.halfstep.cli.terminal.Json;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.cli.terminal.TextTable;
import io.halfstep.model.Model;
import io.halfstep.model.SaturatingLayers;
import io.halfstep.plan.DataSettings;
import io.halfstep.source.BatchReader;
import io.halfstep.source.Dataset;
import io.halfstep.source.Labels;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.text.Figures;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
      "Runs models in ONNX Runtime on the same samples and compares each with the first: top-1"
          + " accuracy, agreement of the predictions, signal to quantization noise of each output,"
          + " file size.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  halfstep evaluate model.onnx model.int4.onnx --data test.npz:images \\",
      "      --labels test.npz:labels --normalize mean=0.2860,std=0.3530,scale=255",
      "",
      "--json prints {\"models\": [{\"model\", \"bytes\", \"top1\", \"agreement\", \"sqnr_db\","
          + " \"notes\"}]}",
      "as the last line; top1 and agreement are shares from 0 to 1, sqnr_db holds decibels by output, null where the"
          + " outputs are identical."
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
          "The class of each sample: .npy, .npz:array, or text with one integer per line.")
  private @Nullable String labels;

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
    Model first = Model.read(models.get(0));
    long[] classes = labels == null ? null : Labels.read(labels);
    DataSettings options = new DataSettings(data.given());
    Dataset samples = Datasets.open(options, first);
    try (Evaluation evaluation = new Evaluation(models, new Options(threads, optimization))) {
      run(evaluation, samples, options);
      print(
          evaluation.scores(
              classes == null ? null : accepted(classes, samples, options, evaluation)));
    }
    return 0;
  }

  private void run(Evaluation evaluation, Dataset samples, DataSettings options)
      throws InterruptedException {
    try (BatchReader batches =
        samples.batches(
            options.batch() == null ? BATCH : options.batch(),
            options.samples() == null ? Dataset.ALL : options.samples())) {
      for (SampleBatch batch = batches.next(); batch != null; batch = batches.next()) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        evaluation.add(batch.inputs());
      }
    }
    if (samples.rejections().total() > 0) {
      terminal.err().println("halfstep: " + samples.rejections());
    }
  }

  /** The labels of the samples that were run. */
  private static long[] accepted(
      long[] classes, Dataset samples, DataSettings options, Evaluation evaluation) {
    long[] kept = samples.rejections().keep(classes);
    boolean limited = options.samples() != null && kept.length > evaluation.predicted();
    return limited ? Arrays.copyOf(kept, evaluation.predicted()) : kept;
  }

  private void print(List<Score> scores) {
    if (json) {
      terminal
          .out()
          .println(Json.line(Map.of("models", scores.stream().map(this::entry).toList())));
      return;
    }
    TextTable table = new TextTable(1, "model", "size", "top-1 %", "agreement %", "SQNR dB");
    for (Score score : scores) {
      table.row(
          score.model().toString(),
          Figures.bytes(ModelFiles.bytes(score.model())),
          number(100 * score.top1(), 2),
          number(100 * score.agreement(), 2),
          decibels(score));
    }
    table.lines().forEach(terminal.out()::println);
    for (Score score : scores) {
      notes(score.model())
          .forEach(note -> terminal.out().println("note: " + score.model() + ": " + note));
    }
  }

  /** What the user should know of a model, one line each. */
  private static List<String> notes(Path model) {
    List<String> saturating = SaturatingLayers.of(Model.withoutExternalData(model));
    return saturating.isEmpty()
        ? List.of()
        : List.of(
            ("signed 8-bit weights with 8-bit activations in %d layers (%s%s): ONNX Runtime"
                    + " computes them wrongly on x86 processors without VNNI, unless"
                    + " session.x64quantprecision is 1")
                .formatted(
                    saturating.size(), saturating.get(0), saturating.size() > 1 ? ", …" : ""));
  }

  private static String decibels(Score score) {
    List<String> outputs = new ArrayList<>();
    score
        .sqnrDb()
        .forEach(
            (name, db) ->
                outputs.add((score.sqnrDb().size() > 1 ? name + " " : "") + number(db, 1)));
    return String.join(", ", outputs);
  }

  private Entry entry(Score score) {
    Map<String, @Nullable BigDecimal> sqnrDb = new LinkedHashMap<>();
    score.sqnrDb().forEach((name, db) -> sqnrDb.put(name, Json.number(db)));
    return new Entry(
        score.model().toString(),
        ModelFiles.bytes(score.model()),
        labels == null ? null : Json.number(score.top1()),
        Json.number(score.agreement()),
        sqnrDb,
        notes(score.model()));
  }

  private record Entry(
      String model,
      long bytes,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable BigDecimal top1,
      @Nullable BigDecimal agreement,
      @JsonProperty("sqnr_db") Map<String, @Nullable BigDecimal> sqnrDb,
      List<String> notes) {}
}
