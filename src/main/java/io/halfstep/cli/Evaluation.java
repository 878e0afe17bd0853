package io.halfstep.cli;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Runs models side by side in ONNX Runtime, on the same batches, and compares each with the first.
 */
final class Evaluation implements AutoCloseable {
  private final List<Candidate> candidates = new ArrayList<>();
  private final boolean labelled;

  /**
   * One model's score.
   *
   * @param top1 the share of samples whose label it predicts; NaN without labels
   * @param agreement the share of samples for which it predicts what the first model does; NaN
   *     where the outputs hold no classes
   * @param sqnrDb of each output, by the first model's name for it, {@code 10·log10(Σy² / Σ(y−ŷ)²)}
   *     with the first model's y; infinite where both are the same
   */
  record Score(Path model, double top1, double agreement, Map<String, Double> sqnrDb) {}

  /**
   * @param labelled whether every batch comes with labels
   * @throws InvalidInputException if a model has another number of outputs than the first
   */
  Evaluation(List<Path> models, boolean labelled, int threads) {
    this.labelled = labelled;
    try {
      for (Path model : models) {
        candidates.add(
            new Candidate(
                model,
                OnnxProgram.load(model, new OnnxProgram.Options(threads, Optimization.ALL))));
      }
      candidates.forEach(this::requireSameOutputs);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void requireSameOutputs(Candidate candidate) {
    Candidate first = candidates.get(0);
    int expected = first.program.outputs().size();
    int found = candidate.program.outputs().size();
    if (found != expected) {
      throw new InvalidInputException(
          "%s: %d outputs, where %s has %d; only models of one network can be compared"
              .formatted(candidate.model, found, first.model, expected));
    }
  }

  /**
   * Scores one more batch.
   *
   * @param inputs each input of the models
   * @param labels one for each prediction; null if there are none
   */
  void add(Map<String, Tensor> inputs, long @Nullable [] labels) {
    List<Tensor> reference = List.of();
    int[] referencePredictions = new int[0];
    for (Candidate candidate : candidates) {
      List<Tensor> outputs = List.copyOf(candidate.program.run(inputs).values());
      int[] predictions = Predictions.of(outputs.get(0));
      if (candidate == candidates.get(0)) {
        reference = outputs;
        referencePredictions = predictions;
      }
      candidate.compare(reference, outputs);
      candidate.predicted += predictions.length;
      candidate.agreed += matches(candidate, predictions, referencePredictions);
      if (labels != null) {
        requireLabels(labels.length, predictions.length);
        for (int i = 0; i < predictions.length; i++) {
          candidate.correct += predictions[i] == labels[i] ? 1 : 0;
        }
      }
    }
  }

  private int matches(Candidate candidate, int[] predictions, int[] reference) {
    if (predictions.length != reference.length) {
      throw new InvalidInputException(
          "%s: %d predictions where %s makes %d"
              .formatted(
                  candidate.model, predictions.length, candidates.get(0).model, reference.length));
    }
    int matches = 0;
    for (int i = 0; i < predictions.length; i++) {
      matches += predictions[i] == reference[i] ? 1 : 0;
    }
    return matches;
  }

  private static void requireLabels(int labels, int predictions) {
    if (labels != predictions) {
      throw new InvalidInputException(
          "--labels: %d labels for %d predictions; one label for each sample is needed"
              .formatted(labels, predictions));
    }
  }

  List<Score> scores() {
    return candidates.stream().map(candidate -> candidate.score(labelled)).toList();
  }

  @Override
  public void close() {
    candidates.forEach(candidate -> candidate.program.close());
  }

  private final class Candidate {
    final Path model;
    final OnnxProgram program;
    final double[] signal;
    final double[] noise;
    long predicted;
    long agreed;
    long correct;

    Candidate(Path model, OnnxProgram program) {
      this.model = model;
      this.program = program;
      this.signal = new double[program.outputs().size()];
      this.noise = new double[program.outputs().size()];
    }

    void compare(List<Tensor> reference, List<Tensor> outputs) {
      for (int o = 0; o < outputs.size(); o++) {
        Tensor y = reference.get(o);
        Tensor other = outputs.get(o);
        if (!Arrays.equals(y.shape(), other.shape()) || y.type() != other.type()) {
          throw new InvalidInputException(
              "%s: output %s is %s where %s gives %s"
                  .formatted(
                      model, program.outputNames().get(o), other, candidates.get(0).model, y));
        }
        double[] values = Predictions.reals(y);
        double[] others = y == other ? values : Predictions.reals(other);
        for (int i = 0; i < values.length; i++) {
          double error = values[i] - others[i];
          signal[o] += values[i] * values[i];
          noise[o] += error * error;
        }
      }
    }

    Score score(boolean withLabels) {
      Map<String, Double> sqnrDb = new LinkedHashMap<>();
      List<String> names = candidates.get(0).program.outputNames();
      for (int o = 0; o < names.size(); o++) {
        sqnrDb.put(
            names.get(o),
            noise[o] == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(signal[o] / noise[o]));
      }
      return new Score(
          model,
          withLabels ? (double) correct / predicted : Double.NaN,
          (double) agreed / predicted,
          sqnrDb);
    }
  }
}
