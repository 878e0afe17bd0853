package io.halfstep;

import io.halfstep.network.QuantizedLayer;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanSettings;
import io.halfstep.plan.Setting;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Measures how far quantization moves the embeddings of a sentence encoder. The sentences are those
 * of a folder's Javadoc: some for calibration, others for the measurement. Prints a line of JSON
 * for each setting: {@code SentenceBench ENCODER SOURCES FOLDER CALIBRATION TEST
 * WEIGHTS/ACTIVATIONS/GRANULARITY/ROUNDING/SCHEDULE/EMBEDDINGS[/QUANTIZE]…}.
 */
final class SentenceBench {
  private static final Pattern JAVADOC = Pattern.compile("/\\*\\*(.*?)\\*/", Pattern.DOTALL);
  private static final long SEED = 1;
  private static final List<String> INPUTS =
      List.of("input_ids", "attention_mask", "token_type_ids");

  private SentenceBench() {}

  public static void main(String[] args) throws Exception {
    SentenceEncoder encoder = new SentenceEncoder(args[0]);
    Path folder = Path.of(args[2]);
    Path model = encoder.unpack(folder);
    List<long[]> sentences = new ArrayList<>(encoder.tokens(sentences(Path.of(args[1]))));
    Collections.shuffle(sentences, new Random(SEED));
    int calibration = Integer.parseInt(args[3]);
    List<long[]> others = sentences.subList(calibration, calibration + Integer.parseInt(args[4]));
    SentenceEncoder.write(sentences.subList(0, calibration), folder.resolve("calibration"));
    float[][] teacher = embeddings(model, others);
    for (String setting : List.of(args).subList(5, args.length)) {
      String[] parts = setting.split("/", -1);
      Plan plan =
          Plan.DEFAULT.toBuilder()
              .set(PlanSettings.WEIGHTS, read(PlanSettings.WEIGHTS, parts[0]))
              .set(PlanSettings.ACTIVATIONS, read(PlanSettings.ACTIVATIONS, parts[1]))
              .set(PlanSettings.GRANULARITY, read(PlanSettings.GRANULARITY, parts[2]))
              .set(PlanSettings.ROUNDING, read(PlanSettings.ROUNDING, parts[3]))
              .set(PlanSettings.SCHEDULE, read(PlanSettings.SCHEDULE, parts[4]))
              .set(PlanSettings.EMBEDDINGS, read(PlanSettings.EMBEDDINGS, parts[5]))
              .set(
                  PlanSettings.QUANTIZE,
                  parts.length > 6 ? read(PlanSettings.QUANTIZE, parts[6]) : null)
              .build();
      long start = System.nanoTime();
      QuantizedModel quantized =
          Quantization.of(model).data(folder.resolve("calibration").toString()).plan(plan).run();
      double seconds = (System.nanoTime() - start) / 1e9;
      Path file = folder.resolve("quantized.onnx");
      quantized.write(file);
      double share = (double) Files.size(file) / Files.size(model);
      print(setting, teacher, embeddings(file, others), quantized, share, seconds);
    }
  }

  private static <T> T read(Setting<T> setting, String text) {
    return Objects.requireNonNull(setting.syntax().read(text), text);
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

  /** Returns the mean over a sentence's tokens, scaled to length 1. */
  private static float[][] embeddings(Path model, List<long[]> sentences) {
    float[][] embeddings = new float[sentences.size()][];
    try (OnnxProgram program = OnnxProgram.load(model, Options.DEFAULT)) {
      String output = program.outputNames().get(0);
      for (int i = 0; i < embeddings.length; i++) {
        List<Tensor> tensors = SentenceEncoder.inputs(sentences.get(i));
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        IntStream.range(0, INPUTS.size()).forEach(j -> inputs.put(INPUTS.get(j), tensors.get(j)));
        embeddings[i] = mean(program.run(inputs, output));
      }
    }
    return embeddings;
  }

  private static float[] mean(Tensor tokens) {
    float[] values = tokens.floats();
    float[] sum = new float[Math.toIntExact(tokens.dim(-1))];
    for (int i = 0; i < values.length; i++) {
      sum[i % sum.length] += values[i];
    }
    double length = Math.sqrt(dot(sum, sum));
    for (int i = 0; i < sum.length; i++) {
      sum[i] /= (float) length;
    }
    return sum;
  }

  private static void print(
      String setting,
      float[][] teacher,
      float[][] student,
      QuantizedModel quantized,
      double share,
      double seconds) {
    double cosine = 0;
    int agree = 0;
    for (int i = 0; i < teacher.length; i++) {
      cosine += dot(teacher[i], student[i]) / teacher.length;
      agree += nearest(teacher, i) == nearest(student, i) ? 1 : 0;
    }
    double ratio =
        quantized.network().layers().stream()
            .mapToDouble(QuantizedLayer::ratio)
            .average()
            .orElse(0);
    System.out.printf(
        Locale.ROOT,
        "{\"setting\":\"%s\",\"cosine\":%.4f,\"neighbour\":%.3f,\"mean_ratio\":%.3f,\"sqnr_db\":%.2f,\"nearest_sqnr_db\":%.2f,\"candidate\":\"%s\",\"file_share\":%.3f,\"seconds\":%.1f}%n",
        setting,
        cosine,
        (double) agree / teacher.length,
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

  private static int nearest(float[][] embeddings, int of) {
    int nearest = -1;
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < embeddings.length; i++) {
      double cosine = i == of ? Double.NEGATIVE_INFINITY : dot(embeddings[of], embeddings[i]);
      if (cosine > most) {
        most = cosine;
        nearest = i;
      }
    }
    return nearest;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
