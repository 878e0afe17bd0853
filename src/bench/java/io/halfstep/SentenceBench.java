package io.halfstep;

import io.halfstep.network.QuantizedLayer;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanBuilder;
import io.halfstep.plan.PlanSettings;
import io.halfstep.plan.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Measures how far quantization moves the embeddings of a sentence encoder. The sentences are those
 * of a folder's Javadoc: some for calibration, others for the measurement. Prints a line of JSON
 * for each setting: {@code SentenceBench ENCODER SOURCES FOLDER CALIBRATION TEST
 * WEIGHTS/ACTIVATIONS/GRANULARITY/ROUNDING/SCHEDULE/EMBEDDINGS[/QUANTIZE[/LEARN[/EFFORT]]]…}.
 */
final class SentenceBench {
  private static final Pattern JAVADOC = Pattern.compile("/\\*\\*(.*?)\\*/", Pattern.DOTALL);
  private static final long SEED = 1;
  private static final List<Setting<?>> PARTS =
      List.of(
          PlanSettings.WEIGHTS,
          PlanSettings.ACTIVATIONS,
          PlanSettings.GRANULARITY,
          PlanSettings.ROUNDING,
          PlanSettings.SCHEDULE,
          PlanSettings.EMBEDDINGS,
          PlanSettings.QUANTIZE,
          PlanSettings.LEARN,
          PlanSettings.EFFORT);

  private SentenceBench() {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[2]);
    Path model = new SentenceEncoder(args[0]).unpack(folder);
    List<long[]> others =
        sentences(args[0], Path.of(args[1]), folder, Integer.parseInt(args[3]), args[4]);
    SentenceEmbeddings teacher = SentenceEmbeddings.of(model, others);
    for (String setting : List.of(args).subList(5, args.length)) {
      Plan plan = plan(setting);
      long start = System.nanoTime();
      QuantizedModel quantized =
          Quantization.of(model).data(folder.resolve("calibration").toString()).plan(plan).run();
      double seconds = (System.nanoTime() - start) / 1e9;
      Path file = folder.resolve("quantized.onnx");
      quantized.write(file);
      double share = (double) Files.size(file) / Files.size(model);
      print(setting, teacher, SentenceEmbeddings.of(file, others), quantized, share, seconds);
    }
  }

  /**
   * Returns the plan of a setting, {@code
   * WEIGHTS/ACTIVATIONS/GRANULARITY/ROUNDING/SCHEDULE/EMBEDDINGS[/QUANTIZE[/LEARN[/EFFORT]]]}.
   */
  static Plan plan(String setting) {
    String[] parts = setting.split("/", -1);
    PlanBuilder plan = Plan.DEFAULT.toBuilder();
    for (int i = 0; i < parts.length; i++) {
      set(plan, PARTS.get(i), parts[i]);
    }
    return plan.build();
  }

  private static <T> void set(PlanBuilder plan, Setting<T> setting, String text) {
    plan.set(setting, Objects.requireNonNull(setting.syntax().read(text), text));
  }

  /**
   * Writes sentences for calibration to the subfolder {@code calibration}.
   *
   * @param calibration how many
   * @param test how many others to return
   */
  static List<long[]> sentences(
      String encoder, Path sources, Path folder, int calibration, String test) throws IOException {
    List<long[]> all = new ArrayList<>(new SentenceEncoder(encoder).tokens(sentences(sources)));
    Collections.shuffle(all, new Random(SEED));
    SentenceEncoder.write(all.subList(0, calibration), folder.resolve("calibration"));
    return all.subList(calibration, calibration + Integer.parseInt(test));
  }

  /** The sentences of the Javadoc in a folder. */
  static Stream<String> sentences(Path sources) throws IOException {
    List<String> sentences = new ArrayList<>();
    try (Stream<Path> files = Files.walk(sources)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
        Matcher comment = JAVADOC.matcher(Files.readString(file));
        while (comment.find()) {
          String text = comment.group(1).replaceAll("\\s*\\*\\s?", " ");
          sentences.addAll(List.of(text.split("[.;:]\\s", -1)));
        }
      }
    }
    return sentences.stream();
  }

  private static void print(
      String setting,
      SentenceEmbeddings teacher,
      SentenceEmbeddings student,
      QuantizedModel quantized,
      double share,
      double seconds) {
    double ratio =
        quantized.network().layers().stream()
            .mapToDouble(QuantizedLayer::ratio)
            .average()
            .orElse(0);
    System.out.printf(
        Locale.ROOT,
        "{\"setting\":\"%s\",\"cosine\":%.4f,\"neighbour\":%.3f,\"mean_ratio\":%.3f,\"sqnr_db\":%.2f,\"nearest_sqnr_db\":%.2f,\"candidate\":\"%s\",\"file_share\":%.3f,\"seconds\":%.1f}%n",
        setting,
        teacher.cosine(student),
        teacher.sameNeighbours(student),
        ratio,
        first(quantized.network().outputSqnrDb()),
        first(quantized.network().nearestSqnrDb()),
        quantized.network().candidate().name().toLowerCase(Locale.ROOT),
        share,
        seconds);
  }

  private static double first(Map<String, Double> ofOutputs) {
    return ofOutputs.values().stream().findFirst().orElse(Double.NaN);
  }
}
