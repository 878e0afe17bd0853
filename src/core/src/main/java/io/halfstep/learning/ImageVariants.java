package io.halfstep.learning;

import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.SplittableRandom;

/**
 * Random variants of images: each is mirrored or not, and shifted by up to {@value #SHIFT} pixels
 * in both directions, with repeated edges. A network that learns from its own teacher needs no
 * labels for them, and fits a few images less closely.
 */
final class ImageVariants {
  private static final int SHIFT = 2;

  /** Smaller ones have no pixels to spare. */
  private static final int LEAST_SIDE = 8 * SHIFT;

  private ImageVariants() {}

  /** Returns whether a tensor holds images, {@code [N, channels, height, width]}. */
  static boolean isOfImages(Tensor tensor) {
    return tensor.type() == ElementType.FLOAT
        && tensor.rank() == 4
        && tensor.dim(2) >= LEAST_SIDE
        && tensor.dim(3) >= LEAST_SIDE;
  }

  /** Returns a variant of each image. */
  static Tensor of(Tensor images, SplittableRandom random) {
    int channels = Math.toIntExact(images.dim(1));
    int height = Math.toIntExact(images.dim(2));
    int width = Math.toIntExact(images.dim(3));
    float[] from = images.floats();
    float[] to = new float[from.length];
    for (int image = 0; image < images.dim(0); image++) {
      boolean mirrored = random.nextBoolean();
      int down = random.nextInt(-SHIFT, SHIFT + 1);
      int right = random.nextInt(-SHIFT, SHIFT + 1);
      for (int line = image * channels * height; line < (image + 1) * channels * height; line++) {
        int y = line % height;
        int source = (line - y + within(y + down, height)) * width;
        for (int x = 0; x < width; x++) {
          int column = within(x + right, width);
          to[line * width + x] = from[source + (mirrored ? width - 1 - column : column)];
        }
      }
    }
    return Tensor.of(to, images.shape());
  }

  private static int within(int place, int size) {
    return Math.max(0, Math.min(size - 1, place));
  }
}
