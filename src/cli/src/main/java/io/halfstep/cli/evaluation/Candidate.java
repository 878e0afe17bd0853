package io.halfstep.cli.evaluation;

import io.halfstep.cli.evaluation.Score.Changes;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.statistics.Predictions;
import io.halfstep.tensor.Mask;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorValues;
import io.halfstep.text.Figures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A model and its sums over the batches. */
final class Candidate {
  private static final int FEW = 10;

  final Path model;
  final OnnxProgram program;
  private final List<OutputComparison> outputs = new ArrayList<>();
  private final Accuracy accuracy = new Accuracy();
  private final TreeSet<Integer> classes = new TreeSet<>();
  private long predicted;
  private long agreed;
  private long rightToWrong;
  private long wrongToRight;
  private boolean labelled;
  private long firstNanos;
  private int firstSamples;
  private long laterNanos;
  private long laterSamples;

  Candidate(Path model, OnnxProgram program) {
    this.model = model;
    this.program = program;
    program.outputs().forEach(output -> outputs.add(new OutputComparison()));
  }

  /** A model's results for a batch. */
  record Batch(List<Tensor> outputs, @Nullable Predictions predictions, BitSet right) {}

  List<Tensor> run(Map<String, Tensor> inputs, int samples) {
    long start = System.nanoTime();
    List<Tensor> computed = List.copyOf(program.run(inputs).values());
    long nanos = System.nanoTime() - start;
    if (firstSamples == 0) {
      firstNanos = nanos;
      firstSamples = samples;
    } else {
      laterNanos += nanos;
      laterSamples += samples;
    }
    return computed;
  }

  /** Scores the first output's predictions. */
  Batch predict(
      List<Tensor> computed,
      @Nullable Predictions predictions,
      long @Nullable [] labels,
      int samples) {
    if (predictions == null) {
      return new Batch(computed, null, new BitSet());
    }
    predicted += predictions.size();
    if (classes.size() < 2) {
      Arrays.stream(predictions.classes()).forEach(classes::add);
    }
    labelled |= labels != null;
    return new Batch(
        computed,
        predictions,
        labels == null
            ? new BitSet()
            : accuracy.add(predictions, labels, predictions.size() > samples));
  }

  void compare(Batch reference, Batch own, Candidate first, int samples, @Nullable Mask mask) {
    for (int o = 0; o < outputs.size(); o++) {
      Tensor expected = reference.outputs.get(o);
      Tensor output = own.outputs.get(o);
      boolean alike =
          output.type() == expected.type()
              || (TensorValues.isFloat(output.type()) && TensorValues.isFloat(expected.type()));
      if (!alike || !Arrays.equals(output.shape(), expected.shape())) {
        throw new InvalidInputException(
            "%s: output %s is %s where %s gives %s; only models of one network can be compared"
                .formatted(model, program.outputNames().get(o), output, first.model, expected));
      }
      List<Tensor> all = withoutPadding(expected, mask);
      List<Tensor> found = withoutPadding(output, mask);
      for (int part = 0; part < all.size(); part++) {
        boolean whole = all.get(part) == expected;
        outputs.get(o).add(all.get(part), found.get(part), whole ? samples : 1);
      }
    }
    if (reference.predictions != null && own.predictions != null) {
      int[] before = reference.predictions.classes();
      int[] after = own.predictions.classes();
      for (int i = 0; i < after.length; i++) {
        agreed += before[i] == after[i] ? 1 : 0;
        rightToWrong += reference.right.get(i) && !own.right.get(i) ? 1 : 0;
        wrongToRight += !reference.right.get(i) && own.right.get(i) ? 1 : 0;
      }
    }
  }

  private static List<Tensor> withoutPadding(Tensor output, @Nullable Mask mask) {
    return mask == null ? List.of(output) : mask.unpaddedOutput(output);
  }

  Score score(Candidate first) {
    List<OutputScore> scores = new ArrayList<>();
    for (int o = 0; o < outputs.size(); o++) {
      scores.add(outputs.get(o).score(first.program.outputNames().get(o)));
    }
    return new Score(
        model,
        labelled ? accuracy.top1() : Double.NaN,
        labelled ? accuracy.top5() : Double.NaN,
        labelled ? accuracy.meanIou() : Double.NaN,
        (double) agreed / predicted,
        this == first || predicted == 0
            ? null
            : new Changes(predicted - agreed, rightToWrong, wrongToRight),
        scores,
        milliseconds(),
        notes(scores, first));
  }

  private double milliseconds() {
    return laterSamples > 0
        ? laterNanos / 1e6 / laterSamples
        : firstNanos / 1e6 / Math.max(1, firstSamples);
  }

  private List<String> notes(List<OutputScore> scores, Candidate first) {
    List<String> notes = new ArrayList<>();
    for (OutputScore output : scores) {
      if (!output.degenerate().isEmpty()) {
        notes.add("output " + output.name() + " " + output.degenerate());
      }
      if (output.nonFiniteMatched() + output.nonFiniteUnmatched() > 0) {
        notes.add(
            "output %s: %s; the other elements are compared"
                .formatted(output.name(), nonFinite(output, this == first)));
      }
    }
    if (predicted >= FEW && classes.size() == 1 && (this == first || first.classes.size() > 1)) {
      notes.add("predicts class %d for every sample".formatted(classes.first()));
    }
    if (this == first && labelled && accuracy.isChance()) {
      notes.add(
          ("top-1 %s %% is hardly better than always naming the most frequent class (%s %%): do"
                  + " the samples need --normalize, and are the labels these samples' and numbered"
                  + " as the model numbers its classes?")
              .formatted(
                  Figures.number(100 * accuracy.top1(), 2),
                  Figures.number(100 * accuracy.majority(), 2)));
    }
    return notes;
  }

  private static String nonFinite(OutputScore output, boolean alone) {
    long matched = output.nonFiniteMatched();
    long unmatched = output.nonFiniteUnmatched();
    if (alone) {
      return matched + " elements are NaN or infinite";
    }
    return "%d elements are NaN or infinite as in the first model, %d only in one of the two"
        .formatted(matched, unmatched);
  }
}
