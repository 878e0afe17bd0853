package io.halfstep.cli.evaluation;

import io.halfstep.cli.evaluation.Candidate.Batch;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.ClassScores;
import io.halfstep.model.Model;
import io.halfstep.source.Rejections;
import io.halfstep.source.SampleBatch;
import io.halfstep.statistics.Predictions;
import io.halfstep.tensor.Mask;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxRuntimeException;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs models side by side in ONNX Runtime, on the same batches, and compares each with the first.
 */
public final class Evaluation implements AutoCloseable {
  private final List<Candidate> candidates = new ArrayList<>();
  private final @Nullable SampleLabels labels;
  private final boolean predicts;

  /**
   * Loads the models.
   *
   * @param labels of the samples; null if there are none
   * @throws InvalidInputException if the numbers of outputs differ
   */
  public Evaluation(List<Path> models, OnnxProgram.Options options, @Nullable SampleLabels labels) {
    this.labels = labels;
    try {
      for (Path model : models) {
        candidates.add(new Candidate(model, load(model, options)));
      }
      requireEqualOutputs();
      this.predicts =
          labels != null
              || ClassScores.mayBe(
                  Model.withoutExternalData(models.get(0)).getGraph(),
                  candidates.get(0).program.outputNames().get(0));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void requireEqualOutputs() {
    Candidate first = candidates.get(0);
    for (Candidate candidate : candidates) {
      int expected = first.program.outputs().size();
      int found = candidate.program.outputs().size();
      if (found != expected) {
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
   * Runs all models on a batch.
   *
   * @param mask of padding to exclude from the comparison; null if there is none
   * @param rejections of the pass so far
   */
  public void add(SampleBatch batch, @Nullable Mask mask, Rejections rejections) {
    Candidate first = candidates.get(0);
    int samples = batch.samples();
    List<Tensor> reference = first.run(batch.inputs(), samples);
    Predictions predictions = predictions(reference, first, mask);
    long[] expected =
        labels == null || predictions == null
            ? null
            : labels.next(samples, predictions.size() / samples, rejections);
    Batch float32 = first.predict(reference, predictions, expected, samples);
    first.compare(float32, float32, first, samples, mask);
    for (Candidate candidate : candidates.subList(1, candidates.size())) {
      List<Tensor> outputs = candidate.run(batch.inputs(), samples);
      Batch own =
          candidate.predict(outputs, predictions(outputs, candidate, mask), expected, samples);
      candidate.compare(float32, own, first, samples, mask);
    }
  }

  private @Nullable Predictions predictions(
      List<Tensor> outputs, Candidate candidate, @Nullable Mask mask) {
    Tensor scores = outputs.get(0);
    Predictions predictions =
        predicts ? Predictions.of(labels == null ? withoutPadding(scores, mask) : scores) : null;
    if (predictions == null && labels != null) {
      throw new InvalidInputException(
          "--labels: the first output of %s, %s %s, holds no scores of two classes or more"
              .formatted(candidate.model, candidate.program.outputNames().get(0), outputs.get(0)));
    }
    return predictions;
  }

  /** Returns the positions' scores {@code [positions, classes]} if the output has a row of each. */
  private static Tensor withoutPadding(Tensor scores, @Nullable Mask mask) {
    List<Tensor> parts =
        mask == null || scores.rank() != 3 ? List.of(scores) : mask.unpadded(scores);
    return parts.size() == 1 && parts.get(0) == scores
        ? scores
        : Tensor.concatenate(
            parts.stream().map(part -> part.reshape(part.dim(1), part.dim(2))).toList());
  }

  /** Returns the scores over all batches. */
  public List<Score> scores() {
    return candidates.stream().map(candidate -> candidate.score(candidates.get(0))).toList();
  }

  @Override
  public void close() {
    candidates.forEach(candidate -> candidate.program.close());
  }
}
