package io.halfstep.synthesis;

import io.halfstep.gradient.Adam;
import io.halfstep.source.Normalization.Bounds;
import io.halfstep.tensor.Tensor;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Descends from noise along the gradient of a loss, to a batch of samples. */
final class BatchDescent {
  /** The rate of the first step, in deviations of the noise; it falls linearly to 0. */
  private static final double RATE = 0.3;

  private final InputGradient gradient;
  private final @Nullable Bounds bounds;
  private final int steps;

  /**
   * @param bounds the range of each channel, axis 1; null if there is none
   */
  BatchDescent(InputGradient gradient, @Nullable Bounds bounds, int steps) {
    this.gradient = gradient;
    this.bounds = bounds;
    this.steps = steps;
  }

  /**
   * Makes a batch, of the shape of the input.
   *
   * @param random makes the noise, of mean 0 and deviation 1
   * @param stepped is called after each step
   * @throws InterruptedException if the thread is interrupted
   */
  Tensor from(Random random, Runnable stepped) throws InterruptedException {
    long[] shape = gradient.shape();
    float[] x = new float[Tensor.elements(shape)];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    Adam adam = new Adam(x.length);
    for (int step = 0; step < steps; step++) {
      clip(x, shape);
      adam.step(x, gradient.at(x).gradient(), RATE * (steps - step) / steps);
      stepped.run();
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
    clip(x, shape);
    return Tensor.of(x, shape);
  }

  private void clip(float[] x, long[] shape) {
    if (bounds == null) {
      return;
    }
    int channels = bounds.lowest().length;
    int plane = x.length / Math.toIntExact(shape[0]) / channels;
    for (int start = 0; start < x.length; start += plane) {
      int channel = start / plane % channels;
      float lowest = (float) bounds.lowest()[channel];
      float highest = (float) bounds.highest()[channel];
      for (int i = start; i < start + plane; i++) {
        x[i] = Math.min(Math.max(x[i], lowest), highest);
      }
    }
  }
}
