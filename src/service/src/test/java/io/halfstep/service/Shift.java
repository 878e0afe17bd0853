package io.halfstep.service;

import java.util.Random;

/** A change of gray images of 28×28 pixels, 0 to 255. */
enum Shift {
  NONE {
    @Override
    double pixel(byte[] image, int row, int column) {
      return at(image, row, column);
    }
  },
  INVERTED {
    @Override
    double pixel(byte[] image, int row, int column) {
      return 255 - at(image, row, column);
    }
  },
  /** The mean of 3×3 pixels, with zeros around the image. */
  BLURRED {
    @Override
    byte[] of(byte[] image, Random random) {
      return super.of(super.of(image, random), random);
    }

    @Override
    double pixel(byte[] image, int row, int column) {
      double sum = 0;
      for (int i = -1; i <= 1; i++) {
        for (int j = -1; j <= 1; j++) {
          sum += at(image, row + i, column + j);
        }
      }
      return sum / 9;
    }
  },
  BRIGHTENED {
    @Override
    double pixel(byte[] image, int row, int column) {
      return Math.min(255, at(image, row, column) + 0.3 * 255);
    }
  },
  /** Uniform noise in the place of the image. */
  NOISE {
    @Override
    byte[] of(byte[] image, Random random) {
      byte[] noise = new byte[image.length];
      random.nextBytes(noise);
      return noise;
    }

    @Override
    double pixel(byte[] image, int row, int column) {
      throw new UnsupportedOperationException();
    }
  };

  static final int SIDE = 28;

  abstract double pixel(byte[] image, int row, int column);

  /** Returns the changed image. */
  byte[] of(byte[] image, Random random) {
    byte[] changed = new byte[image.length];
    for (int i = 0; i < changed.length; i++) {
      changed[i] = (byte) Math.round(pixel(image, i / SIDE, i % SIDE));
    }
    return changed;
  }

  private static int at(byte[] image, int row, int column) {
    boolean inside = row >= 0 && row < SIDE && column >= 0 && column < SIDE;
    return inside ? Byte.toUnsignedInt(image[row * SIDE + column]) : 0;
  }
}
