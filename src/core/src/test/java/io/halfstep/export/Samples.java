package io.halfstep.export;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.zip.ZipFile;

/** The bundled calibration images, normalized as the bundled models want them. */
public final class Samples {
  public static final int PIXELS = 28 * 28;
  public static final Path FOLDER = Path.of("src/examples/fashion-mnist");

  private Samples() {}

  public static float[] fashionMnist(int count) {
    try (ZipFile archive = new ZipFile(FOLDER.resolve("calibration.npz").toFile())) {
      byte[] npy = archive.getInputStream(archive.getEntry("images.npy")).readAllBytes();
      int data = 10 + (npy[8] & 0xFF) + ((npy[9] & 0xFF) << 8);
      float[] images = new float[count * PIXELS];
      for (int i = 0; i < images.length; i++) {
        images[i] = ((npy[data + i] & 0xFF) / 255f - 0.2860f) / 0.3530f;
      }
      return images;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
