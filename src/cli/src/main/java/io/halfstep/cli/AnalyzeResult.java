package io.halfstep.cli;

import static io.halfstep.text.Figures.number;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.halfstep.analysis.AnalysisResult;
import io.halfstep.analysis.Measurement;
import io.halfstep.analysis.Trial;
import io.halfstep.analysis.Trial.Kind;
import io.halfstep.cli.terminal.Json;
import io.halfstep.cli.terminal.TextTable;
import io.halfstep.text.Figures;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The result of {@code analyze}.
 *
 * @param planOut the file with the best plan; null if it was not written
 * @param doubts about the data
 */
record AnalyzeResult(
    Path model, AnalysisResult found, @Nullable Path planOut, List<String> doubts) {
  private static final int SCHEMA = 1;

  /** Returns the line of {@code --json}. */
  String json() {
    Measurement given = found.given().measured();
    return Json.line(
        new Document(
            SCHEMA,
            model.toString(),
            given.samples(),
            given.heldBack(),
            found.trials().stream().map(this::entry).toList(),
            found.layersLeft(),
            entry(found.best()),
            doubts));
  }

  private record Document(
      int schema,
      String model,
      long samples,
      @JsonProperty("held_back") long heldBack,
      List<Entry> trials,
      @JsonProperty("layers_left") int layersLeft,
      Entry best,
      List<String> warnings) {}

  private record Entry(
      String kind,
      String name,
      List<String> layers,
      @JsonProperty("sqnr_db") @Nullable BigDecimal sqnrDb,
      @JsonProperty("gain_db") @Nullable BigDecimal gainDb,
      long bytes) {}

  private Entry entry(Trial trial) {
    return new Entry(
        trial.kind().name().toLowerCase(Locale.ROOT),
        trial.name(),
        trial.layers(),
        Json.number(trial.sqnrDb()),
        Json.number(trial.gainDb(found.given())),
        trial.measured().bytes());
  }

  /** Prints the tables. */
  void print(PrintWriter out) {
    Measurement given = found.given().measured();
    out.printf(
        "%d runs of %d samples%s%n%n",
        found.trials().size(),
        given.samples(),
        given.heldBack() == 0 ? "" : ", measured on the %d held back".formatted(given.heldBack()));
    printParts(out);
    printLayers(out);
    printRemedies(out);
    Trial best = found.best();
    out.println(
        best.kind() == Kind.GIVEN
            ? "no remedy helps: the plan stays as given"
            : "best: %s: SQNR %s dB instead of %s dB, %s instead of %s"
                .formatted(
                    best.name(),
                    number(best.sqnrDb(), 1),
                    number(found.given().sqnrDb(), 1),
                    Figures.bytes(best.measured().bytes()),
                    Figures.bytes(given.bytes())));
    if (planOut != null) {
      out.println(planOut + ": the plan, for 'halfstep quantize --plan'");
    }
  }

  private void printParts(PrintWriter out) {
    TextTable table = new TextTable(1, "quantized", "SQNR dB");
    Stream.concat(Stream.of(found.given()), found.of(Kind.PART).stream())
        .forEach(trial -> table.row(trial.name(), number(trial.sqnrDb(), 1)));
    print(out, table);
  }

  private void printLayers(PrintWriter out) {
    List<Trial> layers =
        found.of(Kind.LAYER).stream().sorted(Comparator.comparingDouble(Trial::sqnrDb)).toList();
    double noise = layers.stream().mapToDouble(AnalyzeResult::noise).sum();
    TextTable table = new TextTable(1, "this layer's weight only", "SQNR dB", "share %");
    for (Trial layer : layers) {
      table.row(
          Figures.shorten(layer.name(), 50),
          number(layer.sqnrDb(), 1),
          number(noise > 0 ? 100 * noise(layer) / noise : 0, 1));
    }
    if (found.layersLeft() > 0) {
      table.row("%d more, not tried".formatted(found.layersLeft()), "", "");
    }
    print(out, table);
  }

  /** The noise in proportion to the signal. */
  private static double noise(Trial trial) {
    return Math.pow(10, -trial.sqnrDb() / 10);
  }

  private void printRemedies(PrintWriter out) {
    TextTable table = new TextTable(1, "remedy", "SQNR dB", "gain dB", "size");
    Stream.concat(found.of(Kind.REMEDY).stream(), found.of(Kind.COMBINATION).stream())
        .forEach(
            trial ->
                table.row(
                    trial.name(),
                    number(trial.sqnrDb(), 1),
                    number(trial.gainDb(found.given()), 1),
                    Figures.bytes(trial.measured().bytes())));
    table.lines().forEach(out::println);
    found.of(Kind.REMEDY).stream()
        .filter(trial -> !trial.layers().isEmpty())
        .forEach(trial -> out.printf("%s: %s%n", trial.name(), String.join(", ", trial.layers())));
    out.println();
  }

  private static void print(PrintWriter out, TextTable table) {
    table.lines().forEach(out::println);
    out.println();
  }
}
