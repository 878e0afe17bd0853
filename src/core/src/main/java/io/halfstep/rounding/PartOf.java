package io.halfstep.rounding;

import io.halfstep.rounding.Rounder.Control;

/** How a solver that does one of several equal parts of the work is watched and stopped. */
record PartOf(Control whole, int part, int parts) implements Control {
  @Override
  public boolean cancelled() {
    return whole.cancelled();
  }

  @Override
  public void progress(double share) {
    whole.progress((part + share) / parts);
  }
}
