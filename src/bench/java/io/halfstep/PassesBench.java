package io.halfstep;

import io.halfstep.plan.DataSettings;
import io.halfstep.plan.Plan;
import io.halfstep.source.BatchReader;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.OnnxProgram;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Measures a whole quantization, or one pass of the float model over the same samples: {@code
 * PassesBench job|float THREADS MODEL SAMPLES DATA [NORMALIZATION]}. Prints the seconds as JSON; of
 * a job by phase, from the start of the virtual machine on.
 */
final class PassesBench {
  private static final int BATCH = 32;

  private PassesBench() {}

  public static void main(String[] args) throws Exception {
    int threads = Integer.parseInt(args[1]);
    Quantization quantization =
        Quantization.of(Path.of(args[2]))
            .samples(Long.parseLong(args[3]))
            .data(args[4])
            .data(DataSettings.NONE.withBatch(BATCH))
            .plan(Plan.DEFAULT.toBuilder().activationBits(8).build())
            .threads(threads);
    if (args.length > 5) {
      quantization.normalize(args[5]);
    }
    Map<String, Double> seconds =
        args[0].equals("job") ? job(quantization) : floatPass(quantization, threads, args);
    StringBuilder line = new StringBuilder();
    seconds.forEach(
        (name, value) ->
            line.append(line.isEmpty() ? "{" : ", ")
                .append(String.format(Locale.ROOT, "\"%s\": %.3f", name, value)));
    System.out.println(line.append('}'));
  }

  /** Returns the seconds of each phase, and in all. */
  private static Map<String, Double> job(Quantization quantization) throws Exception {
    long started = ManagementFactory.getRuntimeMXBean().getStartTime();
    Map<String, Long> ends = new LinkedHashMap<>(); // of phases, in milliseconds since 1970
    String[] phase = {"start"};
    quantization.onProgress(
        progress -> {
          synchronized (ends) {
            if (!progress.pass().equals(phase[0])) {
              ends.putIfAbsent(phase[0], System.currentTimeMillis());
              phase[0] = progress.pass();
            }
          }
        });
    QuantizedModel quantized = quantization.run();
    ends.putIfAbsent(phase[0], System.currentTimeMillis());
    Path out = Files.createTempFile("halfstep", ".onnx");
    quantized.write(out);
    Files.delete(out);
    ends.put("export", System.currentTimeMillis());
    Map<String, Double> seconds = new LinkedHashMap<>();
    long before = started;
    for (Map.Entry<String, Long> end : ends.entrySet()) {
      seconds.put(end.getKey(), (end.getValue() - before) / 1e3);
      before = end.getValue();
    }
    seconds.put("all", (before - started) / 1e3);
    return seconds;
  }

  /** Returns the seconds of a pass over samples in memory, with all of ONNX Runtime's threads. */
  private static Map<String, Double> floatPass(
      Quantization quantization, int threads, String[] args) throws Exception {
    List<SampleBatch> batches = new ArrayList<>();
    try (BatchReader reader = quantization.open().batches(BATCH, Long.parseLong(args[3]))) {
      for (SampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        batches.add(batch);
      }
    }
    OnnxProgram.Options options = new OnnxProgram.Options(threads, OnnxProgram.Optimization.ALL);
    try (OnnxProgram program = OnnxProgram.load(Path.of(args[2]), options)) {
      program.run(batches.get(0).inputs());
      long start = System.nanoTime();
      for (SampleBatch batch : batches) {
        program.run(batch.inputs());
      }
      return Map.of("pass", (System.nanoTime() - start) / 1e9);
    }
  }
}
