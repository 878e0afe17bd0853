package io.halfstep.source;

import io.halfstep.tensor.Tensor;

/** Samples of one input. */
interface SampleArray {
  /** Opens them for an input. */
  Column open(InputPort port, ImageSpec images);

  /** Returns whether it is an image. */
  boolean isImage();

  /** Samples in memory, along the first axis. */
  record InMemory(String name, Tensor samples) implements SampleArray {
    @Override
    public Column open(InputPort port, ImageSpec images) {
      return new ArrayColumn(port, Rows.of(name, samples));
    }

    @Override
    public boolean isImage() {
      return false;
    }
  }
}
