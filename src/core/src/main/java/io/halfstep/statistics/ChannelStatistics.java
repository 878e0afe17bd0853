package io.halfstep.statistics;

import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The extremes and the mean square of each channel of an activation tensor {@code [..., channels]}
 * over a stream. The state does not depend on how the stream was cut into batches. Values that are
 * not finite are left out. Not thread-safe.
 */
public final class ChannelStatistics {
  private float[] least = {};
  private float[] greatest = {};
  private double[] squares = {};
  private long positions;

  public ChannelStatistics() {}

  /**
   * Restores statistics.
   *
   * @param least of each channel, at most 0; taken over
   * @param greatest of each channel, at least 0; taken over
   * @param squares the sum of each channel's; taken over
   * @param positions the number of values of each channel
   */
  public static ChannelStatistics of(
      float[] least, float[] greatest, double[] squares, long positions) {
    if (least.length != squares.length || greatest.length != squares.length || positions < 0) {
      throw new IllegalArgumentException(
          "%d and %d extremes, %d squares, %d positions"
              .formatted(least.length, greatest.length, squares.length, positions));
    }
    ChannelStatistics statistics = new ChannelStatistics();
    statistics.least = least;
    statistics.greatest = greatest;
    statistics.squares = squares;
    statistics.positions = positions;
    return statistics;
  }

  /**
   * Adds a tensor {@code [..., channels]}, FLOAT.
   *
   * @throws IllegalArgumentException if the last one had another number of channels
   */
  public void add(Tensor tensor) {
    float[] values = tensor.floats();
    int channels = Math.toIntExact(tensor.dim(-1));
    if (positions == 0 && greatest.length != channels) {
      least = new float[channels];
      greatest = new float[channels];
      squares = new double[channels];
    }
    if (greatest.length != channels) {
      throw new IllegalArgumentException(channels + " channels after " + greatest.length);
    }
    for (int from = 0; from < values.length; from += channels) {
      add(values, from);
    }
    positions += values.length / channels;
  }

  private void add(float[] values, int from) {
    for (int c = 0; c < greatest.length; c++) {
      float value = values[from + c];
      if (Math.abs(value) <= Float.MAX_VALUE) {
        least[c] = Math.min(least[c], value);
        greatest[c] = Math.max(greatest[c], value);
        squares[c] += (double) value * value;
      }
    }
  }

  /** Returns the number of channels; 0 before the first tensor. */
  public int channels() {
    return greatest.length;
  }

  /** Returns the number of values of each channel. */
  public long positions() {
    return positions;
  }

  /** Returns the least value of each channel, or 0 if none is negative; must not be modified. */
  public float[] least() {
    return least;
  }

  /** Returns the greatest value of each channel, or 0 if none is positive; must not be modified. */
  public float[] greatest() {
    return greatest;
  }

  /** Returns the sum of the squares of each channel; must not be modified. */
  public double[] squares() {
    return squares;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ChannelStatistics that
        && positions == that.positions
        && Arrays.equals(least, that.least)
        && Arrays.equals(greatest, that.greatest)
        && Arrays.equals(squares, that.squares);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(greatest) + Arrays.hashCode(squares);
  }

  @Override
  public String toString() {
    return channels() + " channels of " + positions + " values";
  }
}
