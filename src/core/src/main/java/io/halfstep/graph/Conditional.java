package io.halfstep.graph;

/**
 * An {@code If} with layers in its branches.
 *
 * @param output its first output, which identifies it
 * @param condition the tensor that decides which branch is taken
 * @param taken the branches that calibration takes
 */
public record Conditional(String output, String condition, Taken taken) {
  /** The branches that samples take. */
  public enum Taken {
    /** Known only from samples. */
    UNKNOWN,
    THEN,
    ELSE,
    BOTH,
    /** One, but it can't be cut into stages, for example because it has sequences. */
    WHOLE
  }
}
