package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.source.ImageSpec.Color;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Makes samples for one input from image files.
 *
 * @param resize the length of the shorter side; 0: the least that contains the crop
 */
record ImageDecoder(int resize, int height, int width, Layout layout, Color color) {
  private static final long LARGEST_PICTURE = 1L << 26;

  /** PNG deflates (RFC 1951: 258 bytes from two bits); JPEG compresses less. */
  private static final long LARGEST_RATIO = 1032;

  /**
   * Completes the specification by the input's shape.
   *
   * @throws InvalidInputException if the two contradict each other, or do not determine the size
   */
  static ImageDecoder of(InputPort port, ImageSpec spec) {
    long[] shape = port.shape();
    if (shape.length != 4 && shape.length != 0) {
      throw new InvalidInputException(
          "images do not fit input " + port + ", which does not have the 4 axes of images");
    }
    Layout layout = spec.layout() != null ? spec.layout() : Layout.of(port);
    boolean last = layout == Layout.NHWC;
    long channels = shape.length == 0 ? -1 : shape[last ? 3 : 1];
    Color color = spec.color() != null ? spec.color() : channels == 1 ? Color.GRAY : Color.RGB;
    if (channels >= 0 && channels != color.channels()) {
      throw new InvalidInputException(
          "%s images have %d channels in layout %s, input %s has %d; see color=, layout="
              .formatted(color, color.channels(), layout, port, channels));
    }
    return new ImageDecoder(
        spec.resize(),
        side(spec.cropHeight(), shape.length == 0 ? -1 : shape[last ? 1 : 2], port),
        side(spec.cropWidth(), shape.length == 0 ? -1 : shape[last ? 2 : 3], port),
        layout,
        color);
  }

  private static int side(int crop, long input, InputPort port) {
    if (crop == 0 && input < 0) {
      throw new InvalidInputException(
          "input " + port + " does not determine the size of images; set crop=HEIGHTxWIDTH");
    }
    if (crop > 0 && input >= 0 && crop != input) {
      throw new InvalidInputException(
          "a crop of " + crop + " does not fit input " + port + ", which has " + input + " there");
    }
    return crop > 0 ? crop : Math.toIntExact(input);
  }

  /** Reads an image: UINT8, {@code [1, C, H, W]} or {@code [1, H, W, C]}. */
  Tensor decode(Path file) throws RejectedException {
    Pixels pixels = read(file);
    double scale =
        resize == 0
            ? Math.max((double) height / pixels.height(), (double) width / pixels.width())
            : (double) resize / Math.min(pixels.height(), pixels.width());
    int fullHeight = Math.max(1, (int) (pixels.height() * scale + 1e-6));
    int fullWidth = Math.max(1, (int) (pixels.width() * scale + 1e-6));
    if (fullHeight < height || fullWidth < width) {
      throw new RejectedException(
          "image smaller than the crop",
          "%d×%d after resizing, the crop takes %d×%d"
              .formatted(fullHeight, fullWidth, height, width));
    }
    Resampling rows =
        Resampling.of(pixels.height(), fullHeight, centre(fullHeight, height), height);
    Resampling columns = Resampling.of(pixels.width(), fullWidth, centre(fullWidth, width), width);

    int channels = color.channels();
    byte[] to = new byte[channels * height * width];
    boolean last = layout == Layout.NHWC;
    for (int channel = 0; channel < channels; channel++) {
      byte[] plane = pixels.planes()[color == Color.BGR ? 2 - channel : channel];
      byte[] cut = Resampling.apply(plane, pixels.width(), rows, columns);
      int start = last ? channel : channel * cut.length;
      int step = last ? channels : 1;
      for (int i = 0; i < cut.length; i++) {
        to[start + i * step] = cut[i];
      }
    }
    return last
        ? Tensor.of(ElementType.UINT8, to, 1, height, width, channels)
        : Tensor.of(ElementType.UINT8, to, 1, channels, height, width);
  }

  private static int centre(int full, int crop) {
    return (int) Math.rint((full - crop) / 2.0);
  }

  /** The JDK's readers take memory for as many pixels as a file only announces. */
  private static void requirePossible(ImageReader reader, JpegHeader header, long fileBytes)
      throws IOException, RejectedException {
    long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
    if (pixels > LARGEST_PICTURE) {
      throw new RejectedException(
          "image too large", pixels + " pixels, expected at most " + LARGEST_PICTURE);
    }
    int bits =
        header.components() > 0
            ? Byte.SIZE * header.components()
            : reader.getRawImageType(0).getColorModel().getPixelSize();
    if (pixels * bits / Byte.SIZE > fileBytes * LARGEST_RATIO) {
      throw new RejectedException(
          "unreadable image",
          "%d pixels of %d bits can't be in %d bytes".formatted(pixels, bits, fileBytes));
    }
  }

  private Pixels read(Path file) throws RejectedException {
    try (InputStream bytes = Files.newInputStream(file);
        ImageInputStream in = new MemoryCacheImageInputStream(bytes)) {
      JpegHeader header = JpegHeader.read(in);
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new RejectedException("unreadable image", "not a PNG or JPEG file");
      }
      ImageReader reader = readers.next();
      try {
        String format = reader.getFormatName();
        if (!format.equalsIgnoreCase("png") && !format.equalsIgnoreCase("jpeg")) {
          throw new RejectedException("unreadable image", format + ", not a PNG or JPEG file");
        }
        reader.setInput(in, true, true);
        requirePossible(reader, header, Files.size(file));
        boolean gray = color == Color.GRAY;
        Pixels pixels =
            header.components() == 4
                ? Pixels.ofCmyk(reader.readRaster(0, null), header, gray)
                : Pixels.of(reader.read(0), gray);
        return pixels.upright(header.orientation());
      } finally {
        reader.dispose();
      }
    } catch (NoSuchFileException e) {
      throw new InvalidInputException(file + ": no such file", e);
    } catch (IOException | RuntimeException e) { // the JDK's readers throw both on damaged files
      throw new RejectedException("unreadable image", String.valueOf(e.getMessage()));
    }
  }
}
