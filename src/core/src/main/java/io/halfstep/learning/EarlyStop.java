package io.halfstep.learning;

import io.halfstep.tensor.Tensor;
import java.util.Map;
import java.util.function.Function;

/**
 * Ends learning when the error has not fallen for long on samples that are not learned from, and
 * keeps what had the least error there.
 */
final class EarlyStop implements AutoCloseable {
  /** How often the error is computed in the course of learning. */
  static final int CHECKS = 20;

  private static final int PATIENCE = 5;

  private final BlockStudent student;
  private final BlockError error;
  private final double before;
  private BlockSolution best;
  private int checksSinceBest;

  /**
   * @param problem as it is before learning
   * @param error on the samples kept apart
   */
  EarlyStop(BlockProblem problem, BlockError error) {
    this.student = new BlockStudent(problem);
    this.error = error;
    this.before = error.of(student, student.parameters());
    this.best = BlockSolution.nothing(before);
  }

  /**
   * Computes the error of what has been learned so far.
   *
   * @param parameters of the student, by input
   * @param learned the same as a solution, given the error before learning
   * @return whether to go on
   */
  boolean goesOn(Map<String, Tensor> parameters, Function<Double, BlockSolution> learned) {
    double now = error.of(student, parameters);
    if (now < best.after()) {
      best = learned.apply(before).withError(now);
      checksSinceBest = 0;
    } else {
      checksSinceBest++;
    }
    return checksSinceBest < PATIENCE;
  }

  /** Returns what had the least error; nothing, if that was at the beginning. */
  BlockSolution best() {
    return best;
  }

  @Override
  public void close() {
    student.close();
  }
}
