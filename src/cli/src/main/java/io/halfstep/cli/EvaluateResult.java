package io.halfstep.cli;

import static io.halfstep.text.Figures.number;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.halfstep.cli.evaluation.OutputScore;
import io.halfstep.cli.evaluation.Score;
import io.halfstep.cli.evaluation.Score.Changes;
import io.halfstep.cli.terminal.Json;
import io.halfstep.cli.terminal.TextTable;
import io.halfstep.model.Model;
import io.halfstep.network.SaturatingLayers;
import io.halfstep.text.Figures;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The result of {@code evaluate}.
 *
 * @param scores of each model, the reference first
 * @param doubts about the data
 */
record EvaluateResult(List<Score> scores, List<String> doubts) {
  private static final int SCHEMA = 1;
  private static final String NONE = "–";

  /** Returns the line of {@code --json}. */
  String json() {
    return Json.line(
        new Document(SCHEMA, scores.stream().map(EvaluateResult::entry).toList(), doubts));
  }

  private record Document(int schema, List<Entry> models, List<String> warnings) {}

  private record Entry(
      String model,
      long bytes,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable BigDecimal top1,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable BigDecimal top5,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable BigDecimal miou,
      @Nullable BigDecimal agreement,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Changed changes,
      @JsonProperty("sqnr_db") Map<String, @Nullable BigDecimal> sqnrDb,
      List<Output> outputs,
      @JsonProperty("ms_per_sample") @Nullable BigDecimal msPerSample,
      List<String> notes) {}

  private record Changed(
      long changed,
      @JsonProperty("right_to_wrong") long rightToWrong,
      @JsonProperty("wrong_to_right") long wrongToRight) {
    static @Nullable Changed of(@Nullable Changes changes) {
      return changes == null
          ? null
          : new Changed(changes.changed(), changes.rightToWrong(), changes.wrongToRight());
    }
  }

  private record Output(
      String name,
      @JsonProperty("sqnr_db") @Nullable BigDecimal sqnrDb,
      @Nullable BigDecimal cosine,
      @JsonProperty("nonfinite_matched") long nonFiniteMatched,
      @JsonProperty("nonfinite_unmatched") long nonFiniteUnmatched) {
    static Output of(OutputScore score) {
      return new Output(
          score.name(),
          Json.number(score.sqnrDb()),
          Json.number(score.cosine()),
          score.nonFiniteMatched(),
          score.nonFiniteUnmatched());
    }
  }

  private static Entry entry(Score score) {
    Map<String, @Nullable BigDecimal> sqnrDb = new LinkedHashMap<>();
    score.outputs().forEach(output -> sqnrDb.put(output.name(), Json.number(output.sqnrDb())));
    return new Entry(
        score.model().toString(),
        ModelFiles.bytes(score.model()),
        Json.number(score.top1()),
        Json.number(score.top5()),
        Json.number(score.meanIou()),
        Json.number(score.agreement()),
        Changed.of(score.changes()),
        sqnrDb,
        score.outputs().stream().map(Output::of).toList(),
        Json.number(score.millisPerSample()),
        notes(score));
  }

  /** Prints the table. */
  void print(PrintWriter out) {
    Map<String, Function<Score, String>> columns = columns();
    columns
        .entrySet()
        .removeIf(column -> scores.stream().map(column.getValue()).allMatch(NONE::equals));
    TextTable table = new TextTable(1, columns.keySet().toArray(String[]::new));
    for (Score score : scores) {
      table.row(
          columns.values().stream().map(column -> column.apply(score)).toArray(String[]::new));
    }
    table.lines().forEach(out::println);
    doubts.forEach(doubt -> out.println("warning: " + doubt));
    for (Score score : scores) {
      notes(score).forEach(note -> out.println("note: " + score.model() + ": " + note));
    }
  }

  private Map<String, Function<Score, String>> columns() {
    Map<String, Function<Score, String>> columns = new LinkedHashMap<>();
    columns.put("model", score -> score.model().toString());
    columns.put("size", score -> Figures.bytes(ModelFiles.bytes(score.model())));
    columns.put("top-1 %", score -> number(100 * score.top1(), 2));
    columns.put("top-5 %", score -> number(100 * score.top5(), 2));
    columns.put("mIoU %", score -> number(100 * score.meanIou(), 2));
    columns.put("agreement %", score -> number(100 * score.agreement(), 2));
    columns.put("changed", score -> changed(score, Changes::changed));
    if (scores.stream().anyMatch(score -> !Double.isNaN(score.top1()))) {
      columns.put("right→wrong", score -> changed(score, Changes::rightToWrong));
      columns.put("wrong→right", score -> changed(score, Changes::wrongToRight));
    }
    columns.put("SQNR dB", score -> outputs(score, OutputScore::sqnrDb, 1));
    columns.put("cosine", score -> outputs(score, OutputScore::cosine, 4));
    columns.put("ms/sample", score -> number(score.millisPerSample(), 3));
    return columns;
  }

  private static String changed(Score score, Function<Changes, Long> count) {
    return score.changes() == null ? NONE : count.apply(score.changes()).toString();
  }

  private static String outputs(Score score, ToDoubleFunction<OutputScore> figure, int decimals) {
    boolean several = score.outputs().size() > 1;
    return score.outputs().stream()
        .map(
            output ->
                (several ? output.name() + " " : "")
                    + number(figure.applyAsDouble(output), decimals))
        .collect(Collectors.joining(", "));
  }

  private static List<String> notes(Score score) {
    List<String> notes = new ArrayList<>(score.notes());
    notes.addAll(saturation(score.model()));
    return notes;
  }

  private static List<String> saturation(Path model) {
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

  /**
   * Describes the figures below the given bounds. The first model is measured only if it is the
   * only one.
   *
   * @param percent the least top-1; null for none
   * @param decibels the least SQNR of each output; null for none
   */
  List<String> below(@Nullable Double percent, @Nullable Double decibels) {
    List<String> below = new ArrayList<>();
    for (Score score : scores.size() > 1 ? scores.subList(1, scores.size()) : scores) {
      if (percent != null && !(100 * score.top1() >= percent)) {
        below.add(
            "%s: top-1 %s %%, below --min-top1 %s"
                .formatted(score.model(), number(100 * score.top1(), 2), Figures.brief(percent)));
      }
      for (OutputScore output : score.outputs()) {
        if (decibels != null
            && (!(output.sqnrDb() >= decibels) || output.nonFiniteUnmatched() > 0)) {
          below.add(
              "%s: output %s: SQNR %s dB%s, below --min-sqnr %s"
                  .formatted(
                      score.model(),
                      output.name(),
                      number(output.sqnrDb(), 1),
                      output.nonFiniteUnmatched() > 0
                          ? " and %d NaN or infinite elements"
                              .formatted(output.nonFiniteUnmatched())
                          : "",
                      Figures.brief(decibels)));
        }
      }
    }
    return below;
  }
}
