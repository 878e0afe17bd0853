package io.halfstep.zoo;

import io.halfstep.Quantization;
import io.halfstep.QuantizedModel;
import io.halfstep.export.ExportSummary;
import io.halfstep.export.RuntimeOutput;
import io.halfstep.plan.Plan;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.source.BatchReader;
import io.halfstep.source.Dataset;
import io.halfstep.source.SampleBatch;
import io.halfstep.statistics.Decibels;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorValues;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Quantizes a network, once by rounding to nearest and once by default, and runs the results. */
public final class ZooRun {
  private static final Options OPTIONS = new Options(2, Optimization.ALL);

  private final ZooNetwork network;
  private final Path folder;

  /**
   * @param folder for the quantized models: {@code nearest.onnx} and {@code default.onnx}
   */
  public ZooRun(ZooNetwork network, Path folder) {
    this.network = network;
    this.folder = folder;
  }

  public ZooResult measure(ZooSetting setting) throws IOException, InterruptedException {
    Path nearest = folder.resolve("nearest.onnx");
    Path ours = folder.resolve("default.onnx");
    quantize(setting.plan().rounding(RoundingMethod.NEAREST).build()).write(nearest);
    long start = System.nanoTime();
    QuantizedModel quantized = quantize(setting.plan().build());
    ExportSummary written = quantized.write(ours);
    double seconds = (System.nanoTime() - start) / 1e9;
    return new ZooResult(
        quantized.network().layers().size(),
        quantized.network().floatNodes().size(),
        Files.size(network.model()),
        written.bytes(),
        sqnrDb(nearest),
        sqnrDb(ours),
        written.outputs().stream().mapToDouble(RuntimeOutput::agreementDb).min().orElse(Double.NaN),
        seconds);
  }

  private QuantizedModel quantize(Plan plan) throws InterruptedException {
    return data(network.calibration()).plan(plan).run();
  }

  private Quantization data(Path samples) {
    return Quantization.of(network.model()).data(samples.toString());
  }

  private double sqnrDb(Path student) {
    Map<String, double[]> powers = new HashMap<>();
    try (OnnxProgram teacher = OnnxProgram.load(network.model(), OPTIONS);
        OnnxProgram quantized = OnnxProgram.load(student, OPTIONS);
        BatchReader reader =
            data(network.test()).open().batches(network.testBatch(), Dataset.ALL)) {
      for (SampleBatch batch = reader.next(); batch != null; batch = reader.next()) {
        Map<String, Tensor> found = quantized.run(batch.inputs());
        teacher
            .run(batch.inputs())
            .forEach(
                (output, y) ->
                    add(powers.computeIfAbsent(output, o -> new double[2]), y, found.get(output)));
      }
    }
    return powers.values().stream()
        .mapToDouble(power -> Decibels.of(power[0], power[1]))
        .min()
        .orElseThrow();
  }

  private static void add(double[] powers, Tensor expected, Tensor found) {
    double[] teacher = TensorValues.doubles(expected);
    double[] student = TensorValues.doubles(found);
    for (int i = 0; i < teacher.length; i++) {
      powers[0] += teacher[i] * teacher[i];
      powers[1] += (student[i] - teacher[i]) * (student[i] - teacher[i]);
    }
  }
}
