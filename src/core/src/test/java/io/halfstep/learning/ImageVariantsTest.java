package io.halfstep.learning;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ImageVariantsTest {
  private static final int CHANNELS = 2;
  private static final int HEIGHT = 17;
  private static final int WIDTH = 16;

  /** A pixel tells its image, channel, row and column. */
  private static float pixel(int image, int channel, int y, int x) {
    return ((image * CHANNELS + channel) * 100 + y) * 100 + x;
  }

  private static Tensor images(int count) {
    float[] pixels = new float[count * CHANNELS * HEIGHT * WIDTH];
    for (int i = 0; i < pixels.length; i++) {
      int line = i / WIDTH;
      int plane = line / HEIGHT;
      pixels[i] = pixel(plane / CHANNELS, plane % CHANNELS, line % HEIGHT, i % WIDTH);
    }
    return Tensor.of(pixels, count, CHANNELS, HEIGHT, WIDTH);
  }

  /** Every variant is found among all of them, each computed from its definition. */
  @Test
  void eachImageIsMirroredOrNotAndShifted() {
    int count = 600;
    float[] variants = ImageVariants.of(images(count), new SplittableRandom(3)).floats();
    int size = CHANNELS * HEIGHT * WIDTH;
    Set<String> found = new HashSet<>();
    for (int image = 0; image < count; image++) {
      String variant = null;
      for (int down = -2; down <= 2; down++) {
        for (int right = -2; right <= 2; right++) {
          for (boolean mirrored : new boolean[] {false, true}) {
            if (isVariant(variants, image, image * size, down, right, mirrored)) {
              variant = down + " " + right + " " + mirrored;
            }
          }
        }
      }
      assertThat(variant).isNotNull();
      found.add(variant);
    }
    assertThat(found).hasSize(50);
  }

  private static boolean isVariant(
      float[] variants, int image, int from, int down, int right, boolean mirrored) {
    for (int i = 0; i < CHANNELS * HEIGHT * WIDTH; i++) {
      int line = i / WIDTH;
      int y = Math.max(0, Math.min(HEIGHT - 1, line % HEIGHT + down));
      int x = Math.max(0, Math.min(WIDTH - 1, i % WIDTH + right));
      int column = mirrored ? WIDTH - 1 - x : x;
      if (variants[from + i] != pixel(image, line / HEIGHT, y, column)) {
        return false;
      }
    }
    return true;
  }

  @Test
  void onlyImagesHaveVariants() {
    assertThat(ImageVariants.isOfImages(images(1))).isTrue();
    assertThat(ImageVariants.isOfImages(Tensor.zeros(ElementType.FLOAT, 1, 3, 8, 64))).isFalse();
    assertThat(ImageVariants.isOfImages(Tensor.zeros(ElementType.INT64, 1, 3, 64, 64))).isFalse();
    assertThat(ImageVariants.isOfImages(Tensor.zeros(ElementType.FLOAT, 1, 64, 64))).isFalse();
  }
}
