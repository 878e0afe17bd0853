package io.halfstep.rounding;

/** How a caller follows and stops a solver. Solvers call it from many threads. */
public interface RoundingControl {
  /** Never stops the solver and ignores its progress. */
  RoundingControl NONE = new RoundingControl() {};

  /** Returns whether the solver is to stop. */
  default boolean cancelled() {
    return false;
  }

  /** Receives the share of the work that is done, from 0 to 1. */
  default void progress(double share) {}

  /** Returns the control of a solver that does one of {@code parts} equal parts of the work. */
  default RoundingControl part(int part, int parts) {
    RoundingControl whole = this;
    return new RoundingControl() {
      @Override
      public boolean cancelled() {
        return whole.cancelled();
      }

      @Override
      public void progress(double share) {
        whole.progress((part + share) / parts);
      }
    };
  }
}
