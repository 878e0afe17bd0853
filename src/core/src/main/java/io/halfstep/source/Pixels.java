package io.halfstep.source;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * An image's channels.
 *
 * @param planes one or three (red, green, blue) of {@code height · width} unsigned bytes
 */
record Pixels(int height, int width, byte[][] planes) {

  static Pixels of(BufferedImage image, boolean gray) {
    Raster raster = image.getRaster();
    boolean singleBand =
        raster.getNumBands() <= 2 && !(image.getColorModel() instanceof IndexColorModel);
    int height = image.getHeight();
    int width = image.getWidth();
    if (singleBand) {
      byte[] plane = firstBand(raster, width, height);
      return new Pixels(
          height, width, gray ? new byte[][] {plane} : new byte[][] {plane, plane, plane});
    }
    byte[][] planes = new byte[gray ? 1 : 3][height * width];
    int[] line = new int[width];
    for (int y = 0; y < height; y++) {
      image.getRGB(0, y, width, 1, line, 0, width);
      for (int x = 0; x < width; x++) {
        int red = line[x] >> 16 & 0xff;
        int green = line[x] >> 8 & 0xff;
        int blue = line[x] & 0xff;
        int at = y * width + x;
        if (gray) {
          planes[0][at] = (byte) ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16);
        } else {
          planes[0][at] = (byte) red;
          planes[1][at] = (byte) green;
          planes[2][at] = (byte) blue;
        }
      }
    }
    return new Pixels(height, width, planes);
  }

  /** Reads the stored values: getRGB interprets gray as linear light and would brighten it. */
  private static byte[] firstBand(Raster raster, int width, int height) {
    int excess = raster.getSampleModel().getSampleSize(0) - 8;
    byte[] plane = new byte[height * width];
    int[] line = new int[width];
    for (int y = 0; y < height; y++) {
      raster.getSamples(0, y, width, 1, 0, line);
      for (int x = 0; x < width; x++) {
        plane[y * width + x] = (byte) (excess > 0 ? line[x] >> excess : line[x]);
      }
    }
    return plane;
  }
}
