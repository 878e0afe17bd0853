package io.halfstep.cli.evaluation;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One model's score. Shares are from 0 to 1; NaN if a figure does not exist.
 *
 * @param top1 the share of predictions that equal their label
 * @param top5 the share of labels among the five greatest scores; NaN for five classes or fewer
 * @param meanIou of a segmentation: the mean over classes of intersection / union with the labels
 * @param agreement the share of predictions that equal the first model's; NaN if the first output
 *     holds no class scores
 * @param changes the predictions that differ from the first model's; null if there are none to
 *     compare
 * @param outputs by output, in the first model's order
 * @param millisPerSample mean milliseconds of ONNX Runtime, without the first batch if there are
 *     several
 * @param notes for the user, one line each
 */
public record Score(
    Path model,
    double top1,
    double top5,
    double meanIou,
    double agreement,
    @Nullable Changes changes,
    List<OutputScore> outputs,
    double millisPerSample,
    List<String> notes) {
  /**
   * Predictions that differ from the first model's.
   *
   * @param changed their number
   * @param rightToWrong how many of them only the first model has right; 0 without labels
   * @param wrongToRight how many of them only this model has right
   */
  public record Changes(long changed, long rightToWrong, long wrongToRight) {}
}
