package io.halfstep.papers;

import io.halfstep.Quantization;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.BiasCorrection;
import io.halfstep.plan.Plan.Equalize;
import io.halfstep.plan.Plan.Learn;
import io.halfstep.plan.PlanBuilder;
import io.halfstep.quantizer.Granularity;
import io.halfstep.rounding.RoundingMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/** [A] Table 7 and [W]'s tables: whole methods, with quantized activations too. */
final class PipelineTables {
  private static final int FLOAT = 0;

  /** A setting of bits and scales, of which a table has a column. */
  private record Column(String label, int weights, int activations, Granularity granularity) {}

  private final List<Task> tasks;

  PipelineTables(List<Task> tasks) {
    this.tasks = tasks;
  }

  /** Compares the methods at 4 bits. */
  void table7() throws InterruptedException, IOException {
    List<Column> columns =
        List.of(
            new Column("4/32", 4, FLOAT, Granularity.TENSOR),
            new Column("4/8", 4, 8, Granularity.TENSOR));
    head("Table 7: methods at 4 bits", columns);
    row(columns, "nearest", plan -> plan.rounding(RoundingMethod.NEAREST));
    row(
        columns,
        "bias correction",
        plan -> plan.rounding(RoundingMethod.NEAREST).biasCorrection(BiasCorrection.EMPIRICAL));
    row(
        columns,
        "DFQ",
        plan ->
            plan.rounding(RoundingMethod.NEAREST)
                .equalize(Equalize.CLIP)
                .absorbBias(true)
                .biasCorrection(BiasCorrection.ANALYTIC));
    row(columns, "AdaRound", plan -> plan.rounding(RoundingMethod.ADAROUND));
    row(
        columns,
        "AdaRound, equalized",
        plan -> plan.rounding(RoundingMethod.ADAROUND).equalize(Equalize.CLIP));
    row(columns, "lattice", plan -> plan);
    row(columns, "lattice, equalized", plan -> plan.equalize(Equalize.CLIP));
  }

  /** The steps of [W]'s pipeline; each has those before it, unless it says otherwise. */
  void pipeline() throws InterruptedException, IOException {
    List<Column> columns =
        List.of(
            new Column("W8A8", 8, 8, Granularity.TENSOR),
            new Column("W4A8", 4, 8, Granularity.TENSOR),
            new Column("W8\\*A8", 8, 8, Granularity.CHANNEL),
            new Column("W4\\*A8", 4, 8, Granularity.CHANNEL));
    head("White paper, pipeline; \\* per channel", columns);
    row(columns, "MSE ranges, nearest", plan -> plan.rounding(RoundingMethod.NEAREST));
    row(
        columns,
        "+ equalization",
        plan -> plan.rounding(RoundingMethod.NEAREST).equalize(Equalize.CLIP));
    row(
        columns,
        "+ bias correction",
        plan ->
            plan.rounding(RoundingMethod.NEAREST)
                .equalize(Equalize.CLIP)
                .biasCorrection(BiasCorrection.EMPIRICAL));
    row(
        columns,
        "AdaRound in its place",
        plan -> plan.rounding(RoundingMethod.ADAROUND).equalize(Equalize.CLIP));
  }

  /** Training with quantization, without labels: the float network is the teacher. */
  void finetuning() throws InterruptedException, IOException {
    List<Column> columns =
        List.of(
            new Column("W8A8", 8, 8, Granularity.CHANNEL),
            new Column("W4A8", 4, 8, Granularity.CHANNEL),
            new Column("W4A4", 4, 4, Granularity.CHANNEL));
    head("White paper, finetuning; per channel", columns);
    row(columns, "lattice", plan -> plan);
    for (Learn learn : List.of(Learn.BLOCKS, Learn.NETWORK)) {
      row(
          columns,
          3,
          "+ learn " + learn.name().toLowerCase(Locale.ROOT),
          plan -> plan.learn(learn));
    }
  }

  private void head(String title, List<Column> columns) {
    System.out.printf("%n**%s**%n%n", title);
    List<String> cells = new ArrayList<>(List.of(""));
    for (Task task : tasks) {
      columns.forEach(column -> cells.add(task.name() + " " + column.label));
    }
    Table.print(cells);
    System.out.println("|" + "---|".repeat(cells.size()));
    List<String> unquantized = new ArrayList<>(List.of("float"));
    for (Task task : tasks) {
      String top1 = "%.2f".formatted(task.score(task.graph().model()).top1());
      columns.forEach(column -> unquantized.add(top1));
    }
    Table.print(unquantized);
  }

  private void row(List<Column> columns, String label, UnaryOperator<PlanBuilder> method)
      throws InterruptedException, IOException {
    row(columns, 1, label, method);
  }

  private void row(List<Column> columns, int seeds, String label, UnaryOperator<PlanBuilder> method)
      throws InterruptedException, IOException {
    List<String> cells = new ArrayList<>(List.of(label));
    for (Task task : tasks) {
      for (Column column : columns) {
        List<Double> scores = new ArrayList<>();
        for (int seed = 0; seed < seeds; seed++) {
          PlanBuilder plan =
              Plan.DEFAULT.toBuilder()
                  .weightBits(column.weights)
                  .activationBits(column.activations)
                  .granularity(column.granularity)
                  .seed(seed);
          scores.add(top1(task, method.apply(plan).build()));
        }
        cells.add(Table.spread(scores));
      }
    }
    Table.print(cells);
  }

  private static double top1(Task task, Plan plan) throws InterruptedException, IOException {
    Path file = Files.createTempFile("papers", ".onnx");
    try {
      Quantization.of(task.path())
          .data(task.data())
          .normalize(Task.NORMALIZATION)
          .plan(plan)
          .run()
          .write(file);
      return task.score(Files.readAllBytes(file)).top1();
    } finally {
      Files.delete(file);
    }
  }
}
