package io.halfstep.cli.evaluation;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.statistics.Decibels;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxRuntimeException;
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
public final class Evaluation implements AutoCloseable {
  private final List<Candidate> candidates = new ArrayList<>();

  /**
   * One model's score.
   *
   * @param top1 the share of samples whose label it predicts; NaN without labels
   * @param agreement the share of samples for which it predicts what the first model does
   * @param sqnrDb of each output, by the first model's name for it, {@code 10·log10(Σy² / Σ(y−ŷ)²)}
   *     with the first model's y; infinite where both are the same
   */
  public record Score(Path model, double top1, double agreement, Map<String, Double> sqnrDb) {}

  /**
   * Loads the models.
   *
   * @throws InvalidInputException if a model has another number of outputs than the first
   */
  public Evaluation(List<Path> models, OnnxProgram.Options options) {
    try {
      for (Path model : models) {
        candidates.add(new Candidate(model, load(model, options)));
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
    Candidate first = candidates.get(0);
    for (Candidate candidate : candidates) {
      int expected = first.program.outputs().size();
      int found = candidate.program.outputs().size();
      if (found != expected) {
        close();
        throw new InvalidInputException(
            "%s: %d outputs, where %s has %d; only models of one network can be compared"
                .formatted(candidate.model, found, first.model, expected));
      }
    }
  }

  private static OnnxProgram load(Path model, OnnxProgram.Options options) {
    try {
      return OnnxProgram.load(model, options);
    } catch (OnnxRuntimeException e) {
      throw new InvalidInputException(
          "%s: ONNX Runtime does not load it: %s".formatted(model, e.getMessage()), e);
    }
  }

  /**
   * Runs all models on one more batch.
   *
   * @param inputs each input of the models
   */
  public void add(Map<String, Tensor> inputs) {
    Candidate first = candidates.get(0);
    List<Tensor> reference = List.of();
    for (Candidate candidate : candidates) {
      List<Tensor> outputs = List.copyOf(candidate.program.run(inputs).values());
      if (candidate == first) {
        reference = outputs;
      }
      candidate.add(outputs, reference, first.model);
    }
  }

  /**
   * The scores over all batches.
   *
   * @param labels the class of each prediction; null if there are none
   * @throws InvalidInputException if there is not one label for each prediction
   */
  public List<Score> scores(long @Nullable [] labels) {
    Candidate first = candidates.get(0);
    if (labels != null && labels.length != first.predicted) {
      throw new InvalidInputException(
          "--labels: %d labels for %d predictions; one label for each sample is needed"
              .formatted(labels.length, first.predicted));
    }
    return candidates.stream().map(candidate -> candidate.score(labels, first)).toList();
  }

  /** How many predictions each model has made. */
  public int predicted() {
    return candidates.get(0).predicted;
  }

  @Override
  public void close() {
    candidates.forEach(candidate -> candidate.program.close());
  }

  /** A model and its sums over the batches. */
  private static final class Candidate {
    final Path model;
    final OnnxProgram program;
    final double[] signal;
    final double[] noise;
    int[] predictions = new int[1024];
    int predicted;

    Candidate(Path model, OnnxProgram program) {
      this.model = model;
      this.program = program;
      this.signal = new double[program.outputs().size()];
      this.noise = new double[program.outputs().size()];
    }

    void add(List<Tensor> outputs, List<Tensor> reference, Path referenceModel) {
      for (int o = 0; o < outputs.size(); o++) {
        Tensor output = outputs.get(o);
        Tensor expected = reference.get(o);
        if (output.type() != expected.type() || !Arrays.equals(output.shape(), expected.shape())) {
          throw new InvalidInputException(
              "%s: output %s is %s where %s gives %s; only models of one network can be compared"
                  .formatted(
                      model, program.outputNames().get(o), output, referenceModel, expected));
        }
        compare(o, Predictions.reals(expected), Predictions.reals(output));
      }
      int[] more = Predictions.of(outputs.get(0));
      if (predicted + more.length > predictions.length) {
        predictions =
            Arrays.copyOf(predictions, Math.max(2 * predictions.length, predicted + more.length));
      }
      System.arraycopy(more, 0, predictions, predicted, more.length);
      predicted += more.length;
    }

    private void compare(int output, double[] expected, double[] found) {
      for (int i = 0; i < expected.length; i++) {
        double error = expected[i] - found[i];
        signal[output] += expected[i] * expected[i];
        noise[output] += error * error;
      }
    }

    Score score(long @Nullable [] labels, Candidate first) {
      int correct = 0;
      int agreed = 0;
      for (int i = 0; i < predicted; i++) {
        correct += labels != null && predictions[i] == labels[i] ? 1 : 0;
        agreed += predictions[i] == first.predictions[i] ? 1 : 0;
      }
      Map<String, Double> sqnrDb = new LinkedHashMap<>();
      for (int o = 0; o < noise.length; o++) {
        sqnrDb.put(first.program.outputNames().get(o), Decibels.of(signal[o], noise[o]));
      }
      return new Score(
          model,
          labels == null ? Double.NaN : (double) correct / predicted,
          (double) agreed / predicted,
          sqnrDb);
    }
  }
}
