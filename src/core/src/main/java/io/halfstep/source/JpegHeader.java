package io.halfstep.source;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import javax.imageio.stream.ImageInputStream;

/**
 * What the JDK's JPEG reader does not apply: the camera's orientation and how four components are
 * coded. Of other files, {@link #NONE}.
 *
 * @param components of a pixel; 0 if unknown
 * @param ycck whether CMY are coded as luma and chroma
 * @param orientation 1 to 8, see {@link Pixels#upright}
 */
record JpegHeader(int components, boolean ycck, int orientation) {
  static final JpegHeader NONE = new JpegHeader(0, false, 1);

  private static final int START = 0xffd8;
  private static final int START_OF_SCAN = 0xffda;
  private static final int EXIF = 0xffe1;
  private static final int ADOBE = 0xffee;
  private static final int YCCK = 2;
  private static final int ORIENTATION = 0x0112;
  private static final int ENTRY_BYTES = 12;

  /** Reads the segments before the first scan, and returns to the start. */
  static JpegHeader read(ImageInputStream in) throws IOException {
    JpegHeader header = NONE;
    try {
      if (in.readUnsignedShort() == START) {
        int marker = in.readUnsignedShort();
        while (marker >> 8 == 0xff && marker != START_OF_SCAN) {
          long end = in.getStreamPosition();
          byte[] segment = new byte[Math.max(0, in.readUnsignedShort() - 2)];
          end += 2 + segment.length;
          if (marker == EXIF || marker == ADOBE || isFrame(marker)) {
            in.readFully(segment);
            header = header.with(marker, ByteBuffer.wrap(segment));
          }
          in.seek(end);
          marker = in.readUnsignedShort();
        }
      }
    } catch (EOFException e) {
      // cut short: the reader will say so
    }
    in.seek(0);
    return header;
  }

  /** C0 to CF, except the tables of Huffman and arithmetic codes, and an extension. */
  private static boolean isFrame(int marker) {
    return marker >> 4 == 0xffc && marker != 0xffc4 && marker != 0xffc8 && marker != 0xffcc;
  }

  private JpegHeader with(int marker, ByteBuffer segment) {
    if (marker == EXIF) {
      return startsWith(segment, "Exif\0\0")
          ? new JpegHeader(components, ycck, orientation(segment.position(6).slice()))
          : this;
    }
    if (marker == ADOBE) {
      return startsWith(segment, "Adobe") && segment.limit() > 11
          ? new JpegHeader(components, segment.get(11) == YCCK, orientation)
          : this;
    }
    return segment.limit() > 5 ? new JpegHeader(segment.get(5), ycck, orientation) : this;
  }

  private static boolean startsWith(ByteBuffer segment, String name) {
    byte[] expected = name.getBytes(StandardCharsets.US_ASCII);
    return segment.limit() >= expected.length
        && segment.slice(0, expected.length).equals(ByteBuffer.wrap(expected));
  }

  /** Finds the tag in the first directory of a TIFF structure. */
  private static int orientation(ByteBuffer tiff) {
    try {
      tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
      int directory = tiff.getInt(4);
      int entries = Short.toUnsignedInt(tiff.getShort(directory));
      for (int i = 0; i < entries; i++) {
        int entry = directory + 2 + i * ENTRY_BYTES;
        if (Short.toUnsignedInt(tiff.getShort(entry)) == ORIENTATION) {
          int value = tiff.getShort(entry + 8);
          return value >= 1 && value <= 8 ? value : 1;
        }
      }
    } catch (IndexOutOfBoundsException e) {
      // a damaged directory says nothing
    }
    return 1;
  }
}
