package io.halfstep.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Npy;
import io.halfstep.tensor.Npz;
import io.halfstep.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compared with Pillow 9.4 (bilinear), which wrote wave_expected.npz: [H, W, 3] or [H, W]. */
class ImageDecoderTest {
  private static final Path RESOURCES = Path.of("src/core/src/test/resources/io/halfstep/source");
  private static final Path WAVE = RESOURCES.resolve("wave.png");

  private static InputPort port(long... shape) {
    return new InputPort("image", ElementType.FLOAT, shape);
  }

  private static byte[] pillow(String name) {
    return (byte[]) pillow("wave_expected.npz", name).data();
  }

  private static Tensor pillow(String file, String name) {
    try (Npz npz = Npz.open(RESOURCES.resolve(file));
        Npy npy = npz.array(name)) {
      return npy.all();
    }
  }

  private static byte[] decode(Path file, InputPort port, ImageSpec spec) throws RejectedException {
    return (byte[]) ImageDecoder.of(port, spec).decode(file).data();
  }

  @Test
  void withoutResizingThePixelsAreExact() throws RejectedException {
    assertThat(decode(WAVE, port(-1, 45, 61, 3), ImageSpec.DEFAULT)).isEqualTo(pillow("full"));
    assertThat(decode(WAVE, port(-1, 1, 45, 61), ImageSpec.DEFAULT)).isEqualTo(pillow("gray"));
    assertThat(decode(RESOURCES.resolve("wave_gray.png"), port(-1, 1, 45, 61), ImageSpec.DEFAULT))
        .isEqualTo(pillow("gray"));
  }

  @ParameterizedTest
  @CsvSource({"r16c12, 16, 12", "r90c80, 90, 80"})
  void resizesAsPillowDoesWithinOneStep(String name, int resize, int crop)
      throws RejectedException {
    byte[] expected = pillow(name);
    ImageSpec spec = ImageSpec.parse("resize=" + resize + ",crop=" + crop + ",layout=nhwc");
    byte[] actual = decode(WAVE, port(-1, -1, -1, -1), spec);
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i] & 0xff).isCloseTo(expected[i] & 0xff, within(1));
    }
  }

  /**
   * Pillow's RGB after {@code ImageOps.exif_transpose}; of 16 bits the upper 8. Lossless files are
   * exact; JPEG decoders may round differently, by one step of 255.
   */
  @ParameterizedTest
  @CsvSource({
    "rgba.png, 0",
    "la.png, 0",
    "palette_alpha.png, 0",
    "palette_gray.png, 0",
    "bit.png, 0",
    "gray16.png, 0",
    "chroma444.jpg, 1",
    "chroma422.jpg, 1",
    "chroma420.jpg, 1",
    "cmyk.jpg, 1",
    "cmyk_plain.jpg, 1",
    "ycck.jpg, 1",
    "exif2.jpg, 1",
    "exif3.jpg, 1",
    "exif4.jpg, 1",
    "exif5.jpg, 1",
    "exif6.jpg, 1",
    "exif7.jpg, 1",
    "exif8.jpg, 1"
  })
  void coloursAndOrientationAreThoseOfPillow(String file, int tolerance) throws RejectedException {
    String name = file.substring(0, file.indexOf('.'));
    Tensor expected = pillow("pictures/expected.npz", name);
    long channels = expected.rank() == 3 ? 3 : 1;
    byte[] pixels = (byte[]) expected.data();
    byte[] actual =
        decode(
            RESOURCES.resolve("pictures").resolve(file),
            port(-1, expected.dim(0), expected.dim(1), channels),
            ImageSpec.parse("layout=nhwc"));
    assertThat(actual).hasSameSizeAs(pixels);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i] & 0xff).as("at %d", i).isCloseTo(pixels[i] & 0xff, within(tolerance));
    }
  }

  @Test
  void layoutsAndColoursPermute() throws RejectedException {
    byte[] last = pillow("full");
    byte[] first = decode(WAVE, port(-1, 3, 45, 61), ImageSpec.DEFAULT);
    byte[] bgr = decode(WAVE, port(-1, 3, 45, 61), ImageSpec.parse("color=bgr"));
    int plane = 45 * 61;
    for (int i = 0; i < plane; i++) {
      for (int channel = 0; channel < 3; channel++) {
        assertThat(first[channel * plane + i]).isEqualTo(last[i * 3 + channel]);
        assertThat(bgr[(2 - channel) * plane + i]).isEqualTo(last[i * 3 + channel]);
      }
    }
  }

  @Test
  void byDefaultThePictureJustCoversTheInput() throws RejectedException {
    Tensor square = ImageDecoder.of(port(-1, 3, 224, 224), ImageSpec.DEFAULT).decode(WAVE);
    assertThat(square.shape()).containsExactly(1, 3, 224, 224);
    for (long side = 1; side < 130; side++) {
      Tensor wide = ImageDecoder.of(port(-1, 1, side, 2 * side), ImageSpec.DEFAULT).decode(WAVE);
      assertThat(wide.shape()).containsExactly(1, 1, side, 2 * side);
    }
  }

  @Test
  void contradictionsAreInvalidInputs() {
    assertThatThrownBy(() -> ImageDecoder.of(port(-1, 3, -1, -1), ImageSpec.DEFAULT))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("set crop=HEIGHTxWIDTH");
    assertThatThrownBy(() -> ImageDecoder.of(port(-1, 3, 32, 32), ImageSpec.parse("crop=28")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a crop of 28 does not fit");
    assertThatThrownBy(() -> ImageDecoder.of(port(-1, 3, 32, 32), ImageSpec.parse("color=gray")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("GRAY images have 1 channels");
    assertThatThrownBy(() -> ImageDecoder.of(port(-1, 784), ImageSpec.DEFAULT))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("4 axes of images");
    for (String bad :
        new String[] {"size=3", "resize=0", "resize=2x3", "crop=9999999", "", "color"}) {
      assertThatThrownBy(() -> ImageSpec.parse(bad))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("images '" + bad + "': ");
    }
  }

  @Test
  void aPictureSmallerThanTheCropIsRejected() {
    ImageDecoder decoder = ImageDecoder.of(port(-1, 3, 32, 64), ImageSpec.parse("resize=32"));
    assertThatThrownBy(() -> decoder.decode(WAVE))
        .isInstanceOf(RejectedException.class)
        .hasMessage("32×43 after resizing, the crop takes 32×64");
  }

  /** Found by SampleFileFuzzTest: 48 bytes for which the JDK's reader takes half a gigabyte. */
  @Test
  void aPictureThatOnlyAnnouncesItsPixelsIsRejected(@TempDir Path folder) throws IOException {
    ByteBuffer png = ByteBuffer.allocate(48).putLong(0x89504e470d0a1a0aL);
    chunk(png, new byte[] {'I', 'H', 'D', 'R', 0, 0, 32, 0, 0, 0, 32, 0, 16, 6, 0, 0, 0});
    chunk(png, new byte[] {'I', 'D', 'A', 'T', 0x78, (byte) 0x9c, 1});
    Path file = Files.write(folder.resolve("a.png"), png.array());
    assertThatThrownBy(() -> decode(file, port(-1, 3, 16, 16), ImageSpec.DEFAULT))
        .isInstanceOf(RejectedException.class)
        .hasMessage("67108864 pixels of 64 bits can't be in 48 bytes");
  }

  private static void chunk(ByteBuffer png, byte[] typeAndData) {
    CRC32 checksum = new CRC32();
    checksum.update(typeAndData);
    png.putInt(typeAndData.length - 4).put(typeAndData).putInt((int) checksum.getValue());
  }

  @Test
  void otherFormatsThanPngAndJpegAreRejected(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("a.png");
    ImageIO.write(new BufferedImage(20, 20, BufferedImage.TYPE_INT_RGB), "bmp", file.toFile());
    assertThatThrownBy(() -> decode(file, port(-1, 3, 16, 16), ImageSpec.DEFAULT))
        .isInstanceOf(RejectedException.class)
        .hasMessage("bmp, not a PNG or JPEG file");
  }

  @Property(tries = 300)
  void damagedPicturesAreReadOrRejected(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    byte[] bytes = Files.readAllBytes(WAVE);
    for (int flips = random.nextInt(8); flips > 0; flips--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    int length = random.nextBoolean() ? bytes.length : random.nextInt(bytes.length);
    Path file = Files.createTempFile("garbled", ".png");
    try {
      Files.write(file, Arrays.copyOf(bytes, length));
      decode(file, port(-1, 3, 16, 16), ImageSpec.DEFAULT);
    } catch (RejectedException e) {
      assertThat(e.reason()).isIn("unreadable image", "image too large");
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void aFileOfAnotherKindIsRejected(@TempDir Path folder) throws IOException {
    Path text = Files.writeString(folder.resolve("text.png"), "no picture");
    assertThatThrownBy(() -> decode(text, port(-1, 3, 16, 16), ImageSpec.DEFAULT))
        .isInstanceOf(RejectedException.class)
        .hasMessage("not a PNG or JPEG file");
  }
}
