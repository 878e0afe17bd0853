package io.halfstep.source;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.util.Arrays;

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
        put(planes, at, red, green, blue);
      }
    }
    return new Pixels(height, width, planes);
  }

  /** Sets a pixel, in gray if there is only one plane. */
  private static void put(byte[][] planes, int at, int red, int green, int blue) {
    if (planes.length == 1) {
      planes[0][at] = (byte) ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16);
    } else {
      planes[0][at] = (byte) red;
      planes[1][at] = (byte) green;
      planes[2][at] = (byte) blue;
    }
  }

  /**
   * Converts four components to RGB without colour profiles: red is what cyan and black leave of
   * white. As Adobe's programs do, files hold 255 − ink.
   */
  static Pixels ofCmyk(Raster raster, JpegHeader header, boolean gray) {
    int height = raster.getHeight();
    int width = raster.getWidth();
    byte[][] planes = new byte[gray ? 1 : 3][height * width];
    int[] line = new int[4 * width];
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, line);
      for (int x = 0; x < width; x++) {
        int[] cmyk = Arrays.copyOfRange(line, 4 * x, 4 * x + 4);
        if (header.ycck()) {
          toCmy(cmyk);
        }
        int white = cmyk[3];
        put(
            planes,
            y * width + x,
            white - product(255 - cmyk[0], white),
            white - product(255 - cmyk[1], white),
            white - product(255 - cmyk[2], white));
      }
    }
    return new Pixels(height, width, planes);
  }

  /** Converts luma and chroma of CMY, of which each is 255 − the component of RGB. */
  private static void toCmy(int[] ycck) {
    double luma = ycck[0];
    int cb = ycck[1] - 128;
    int cr = ycck[2] - 128;
    ycck[0] = 255 - clip(luma + 1.402 * cr);
    ycck[1] = 255 - clip(luma - 0.344136 * cb - 0.714136 * cr);
    ycck[2] = 255 - clip(luma + 1.772 * cb);
  }

  private static int clip(double value) {
    return (int) Math.max(0, Math.min(255, Math.rint(value)));
  }

  /** Returns a · b / 255, rounded. */
  private static int product(int a, int b) {
    int scaled = a * b + 128;
    return ((scaled >> 8) + scaled) >> 8;
  }

  /**
   * Turns and mirrors the image as it was seen by the camera.
   *
   * @param orientation of EXIF: 1 upright, 2 mirrored, 3 upside down, 4 both; 5 to 8 the same with
   *     rows and columns exchanged: 6 is to be turned clockwise, 8 counter-clockwise
   */
  Pixels upright(int orientation) {
    if (orientation == 1) {
      return this;
    }
    boolean exchanged = orientation > 4;
    boolean fromRight = orientation == 2 || orientation == 3 || orientation >= 7;
    boolean fromBottom =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    int newHeight = exchanged ? width : height;
    int newWidth = exchanged ? height : width;
    byte[][] turned = new byte[planes.length][height * width];
    for (int y = 0; y < newHeight; y++) {
      for (int x = 0; x < newWidth; x++) {
        int column = exchanged ? y : x;
        int row = exchanged ? x : y;
        int from =
            (fromBottom ? height - 1 - row : row) * width
                + (fromRight ? width - 1 - column : column);
        for (int plane = 0; plane < planes.length; plane++) {
          turned[plane][y * newWidth + x] = planes[plane][from];
        }
      }
    }
    return new Pixels(newHeight, newWidth, turned);
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
