package io.halfstep;

import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Compares MiniLM in float, as LangChain4j quantizes it dynamically, and as Halfstep does: a table
 * in Markdown of fidelity, size and speed, {@code EncoderTable SOURCES FOLDER CALIBRATION TEST RUNS
 * NAME=SETTING…}.
 */
final class EncoderTable {
  private static final String ENCODER = "all-minilm-l6-v2";
  private static final int THREADS = 2;
  private static final double MEGABYTE = 1e6;

  private EncoderTable() {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[1]);
    Map<String, Path> models = new LinkedHashMap<>();
    models.put("float", new SentenceEncoder(ENCODER).unpack(folder));
    List<long[]> sentences =
        SentenceBench.sentences(
            ENCODER, Path.of(args[0]), folder, Integer.parseInt(args[2]), args[3]);
    Path peer = Files.createDirectories(folder.resolve("peer"));
    models.put("LangChain4j's, dynamic", new SentenceEncoder(ENCODER + "-q").unpack(peer));
    for (String named : List.of(args).subList(5, args.length)) {
      String[] parts = named.split("=", 2);
      Path file = folder.resolve(models.size() + ".onnx");
      Quantization.of(models.get("float"))
          .data(folder.resolve("calibration").toString())
          .plan(SentenceBench.plan(parts[1]))
          .run()
          .write(file);
      models.put(parts[0], file);
    }
    print(models, sentences, Integer.parseInt(args[4]));
  }

  private static void print(Map<String, Path> models, List<long[]> sentences, int runs)
      throws IOException {
    Map<String, double[]> rates = rates(models, sentences, runs);
    SentenceEmbeddings teacher = SentenceEmbeddings.of(models.get("float"), sentences);
    System.out.println("| model | cosine | same neighbour | file | of float | sentences/s |");
    System.out.println("|---|---|---|---|---|---|");
    double whole = Files.size(models.get("float"));
    for (Map.Entry<String, Path> model : models.entrySet()) {
      SentenceEmbeddings student = SentenceEmbeddings.of(model.getValue(), sentences);
      long bytes = Files.size(model.getValue());
      System.out.printf(
          Locale.ROOT,
          "| %s | %.5f | %.1f %% | %.1f MB | %.1f %% | %.0f |%n",
          model.getKey(),
          teacher.cosine(student),
          100 * teacher.sameNeighbours(student),
          bytes / MEGABYTE,
          100 * bytes / whole,
          median(rates.get(model.getKey())));
    }
  }

  /** Returns the sentences per second of each run, one model after the other in each. */
  private static Map<String, double[]> rates(
      Map<String, Path> models, List<long[]> sentences, int runs) {
    Map<String, OnnxProgram> programs = new LinkedHashMap<>();
    Map<String, double[]> rates = new LinkedHashMap<>();
    try {
      models.forEach(
          (name, file) -> {
            rates.put(name, new double[runs]);
            programs.put(name, OnnxProgram.load(file, new Options(THREADS, Optimization.ALL)));
          });
      for (int run = -1; run < runs; run++) { // the first warms up
        for (Map.Entry<String, OnnxProgram> program : programs.entrySet()) {
          long start = System.nanoTime();
          SentenceEmbeddings.of(program.getValue(), sentences);
          if (run >= 0) {
            rates.get(program.getKey())[run] =
                sentences.size() / ((System.nanoTime() - start) / 1e9);
          }
        }
      }
    } finally {
      programs.values().forEach(OnnxProgram::close);
    }
    return rates;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
