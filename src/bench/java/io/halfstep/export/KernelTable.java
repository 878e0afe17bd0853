package io.halfstep.export;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.text.Figures;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/**
 * Prints the difference between an exported layer and its simulation as a Markdown table.
 * Activations have 8 bits, the models opsets 13 to 21; a difference is the largest over all
 * outputs, in steps of the output. In the last column, the same integers are stored as signed
 * bytes, which the export avoids.
 */
final class KernelTable {
  private static final int[] OPSETS = {13, 17, 19, 21};

  private final Map<String, Row> rows = new LinkedHashMap<>();

  /** The differences for one type of layer, scales and storage of weights. */
  private static final class Row {
    private final TreeSet<String> kernels = new TreeSet<>();
    private final double[] steps = new double[Execution.LEVELS.size() + 2];

    void add(int column, double difference) {
      steps[column] = Math.max(steps[column], difference);
    }
  }

  public static void main(String[] arguments) {
    KernelTable table = new KernelTable();
    table.measure();
    table.print(System.out);
    System.out.println();
    printBlocks(System.out);
    System.out.println();
    printSigned(System.out);
  }

  /** The results of this processor's kernels for signed bytes: SQNR against two ways to add. */
  private static void printSigned(PrintStream out) {
    out.println("| signed 8-bit weights | against sums that saturate | against exact sums |");
    out.println("|---|---|---|");
    for (String name : List.of("resnet14", "mobilenetv2")) {
      Map<String, float[]> images = Map.of("image", Samples.fashionMnist(16));
      ModelProto signed =
          SaturatingExecutionTest.withSignedWeights(
              QdqModel.of(
                  NearestNetwork.of(Samples.FOLDER.resolve(name + ".onnx"))
                      .weights(Grid.signed(8), true)
                      .activations(Grid.unsigned(8), images)
                      .build()));
      double[] real = logits(Execution.run(signed, OptLevel.ALL_OPT, images));
      double[] saturated = logits(SaturatingExecution.of(signed, OptLevel.ALL_OPT).run(images));
      double[] exact = logits(Execution.run(signed, OptLevel.NO_OPT, images));
      out.printf(
          "| %s | %s dB | %s dB |%n",
          name,
          Figures.number(Sqnr.decibels(saturated, real), 1),
          Figures.number(Sqnr.decibels(exact, real), 1));
    }
  }

  private static double[] logits(Map<String, double[]> outputs) {
    return Objects.requireNonNull(outputs.get("logits"));
  }

  /** A MatMul with 4-bit blocks and float activations: SQNR against its simulation. */
  private static void printBlocks(PrintStream out) {
    out.println("| blocks of | default | qdq_matmulnbits_accuracy_level 1 |");
    out.println("|---|---|---|");
    for (int blockSize : new int[] {16, 32, 64, 128, 256}) {
      QuantizedNetwork network =
          NearestNetwork.of(
                  TinyModel.opset(21)
                      .input("x", 64, 768)
                      .weights("w", 768, 96)
                      .node("MatMul", "x w", "y")
                      .outputs("y")
                      .build())
              .weights(Grid.signed(4), Granularity.block(blockSize))
              .build();
      double[] expected = output(Execution.run(Simulation.of(network), OptLevel.NO_OPT));
      ModelProto exported = QdqModel.of(network);
      Map<String, float[]> inputs = Execution.inputs(exported);
      try (OrtSession.SessionOptions asItIs = new OrtSession.SessionOptions()) {
        out.printf(
            "| %d | %.1f dB | %.1f dB |%n",
            blockSize,
            Sqnr.decibels(expected, output(Execution.run(exported, asItIs, inputs))),
            Sqnr.decibels(expected, output(Execution.run(exported, OptLevel.ALL_OPT, inputs))));
      }
    }
  }

  private void measure() {
    for (int opset : OPSETS) {
      QdqLayerTest.layers(opset)
          .forEach(
              (name, model) -> {
                for (Granularity granularity : QdqLayerTest.granularities(name)) {
                  for (Grid grid : QdqLayerTest.WEIGHTS) {
                    add(
                        new QdqLayerTest.Case(
                            name, opset, model, grid, granularity, Grid.unsigned(8)));
                  }
                }
              });
    }
  }

  private void add(QdqLayerTest.Case given) {
    QuantizedNetwork network = QdqLayerTest.quantized(given);
    ModelProto exported = QdqModel.of(network);
    double[] expected = QdqLayerTest.output(Execution.run(Simulation.of(network), OptLevel.NO_OPT));
    Encoding y = Objects.requireNonNull(network.activations().get("y"));
    SaturatingExecution saturating = SaturatingExecution.of(exported, OptLevel.ALL_OPT);
    Row row = rows.computeIfAbsent(label(given), label -> new Row());
    row.kernels.addAll(saturating.kernels());
    List<double[]> outputs = new ArrayList<>();
    Execution.LEVELS.forEach(
        level -> outputs.add(QdqLayerTest.output(Execution.run(exported, level))));
    outputs.add(QdqLayerTest.output(saturating.run(Execution.inputs(exported))));
    ModelProto signed = SaturatingExecutionTest.withSignedWeights(exported);
    outputs.add(
        QdqLayerTest.output(
            SaturatingExecution.of(signed, OptLevel.ALL_OPT).run(Execution.inputs(exported))));
    for (int column = 0; column < outputs.size(); column++) {
      for (int i = 0; i < expected.length; i++) {
        row.add(column, Math.abs(outputs.get(column)[i] - expected[i]) / y.scale(0));
      }
    }
  }

  private static String label(QdqLayerTest.Case given) {
    String operator = given.name().replaceAll("[ ,].*", "");
    String bits =
        given.weights().bits() <= 4
            ? "2, 4"
            : given.weights().isSigned() ? "5, 7, 8" : "8 asymmetric";
    return "%s | %s | %s".formatted(operator, given.granularity().label(), bits);
  }

  private static double[] output(Map<String, double[]> outputs) {
    return Objects.requireNonNull(outputs.get("y"));
  }

  private void print(PrintStream out) {
    out.println(
        "| layer | scales | bits | kernel | none | basic | extended | all | without VNNI |");
    out.println("|---|---|---|---|---|---|---|---|---|");
    rows.forEach(
        (label, row) ->
            out.printf(
                "| %s | %s | %s |%n",
                label,
                row.kernels.isEmpty() ? "float" : String.join(", ", row.kernels),
                String.join(
                    " | ",
                    Arrays.stream(row.steps)
                        .mapToObj(steps -> steps < 0.01 ? "0" : "%.1f".formatted(steps))
                        .toList())));
  }
}
