package io.halfstep.tensor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {
  private static final Path RESOURCES = Path.of("src/core/src/test/resources/io/halfstep/tensor");

  private static Npy open(byte[] bytes) {
    return Npy.open(new ByteArrayInputStream(bytes), bytes.length, "x.npy");
  }

  private static float[] ramp(int n) {
    float[] ramp = new float[n];
    for (int i = 0; i < n; i++) {
      ramp[i] = i - 3.5f;
    }
    return ramp;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void readsEveryVersion(int version) {
    try (Npy npy = Npy.open(RESOURCES.resolve("version" + version + ".npy"))) {
      assertThat(npy.type()).isEqualTo(ElementType.FLOAT);
      assertThat(npy.shape()).containsExactly(3, 2);
      assertThat(npy.all().floats()).containsExactly(0, 1, 2, 3, 4, 5);
      assertThat(npy.remaining()).isZero();
    }
  }

  @Property(tries = 50)
  void anyCutIntoRowsGivesTheWhole(
      @ForAll @Size(min = 1, max = 6) List<@IntRange(min = 1, max = 9000) Integer> counts,
      @ForAll @IntRange(min = 1, max = 7) int width) {
    int rows = counts.stream().mapToInt(Integer::intValue).sum();
    Tensor whole = Tensor.of(ramp(rows * width), rows, width);
    List<Tensor> parts = new ArrayList<>();
    try (Npy npy = open(NpyFiles.bytes(whole))) {
      for (int count : counts) {
        parts.add(npy.next(count));
        assertThat(parts.get(parts.size() - 1).shape()).containsExactly(count, width);
      }
      assertThat(npy.remaining()).isZero();
    }
    assertThat(Tensor.concatenate(parts).floats()).isEqualTo(whole.floats());
  }

  @Test
  void givesFewerRowsAtTheEnd() {
    try (Npy npy = open(NpyFiles.bytes(Tensor.of(ramp(10), 5, 2)))) {
      assertThat(npy.next(3).shape()).containsExactly(3, 2);
      assertThat(npy.next(3).shape()).containsExactly(2, 2);
    }
  }

  @Test
  void saysWhatIsCutShort(@TempDir Path folder) {
    byte[] bytes = NpyFiles.bytes(Tensor.of(ramp(10), 5, 2));
    Path file = NpyFiles.write(folder.resolve("cut.npy"), Arrays.copyOf(bytes, bytes.length - 3));
    assertThatThrownBy(() -> Npy.open(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            file + ": cut short, its header announces FLOAT[5, 2] (40 bytes) and 37 follow");
  }

  @Test
  void everyTruncationIsAnInvalidInput() {
    byte[] bytes = NpyFiles.bytes(Tensor.of(ramp(10), 5, 2));
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> open(cut))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("x.npy");
    }
  }

  @Test
  void aStreamShorterThanAnnouncedIsDamaged() {
    byte[] bytes = NpyFiles.bytes(Tensor.of(ramp(10), 5, 2));
    byte[] cut = Arrays.copyOf(bytes, bytes.length - 1);
    Npy npy = Npy.open(new ByteArrayInputStream(cut), bytes.length, "x.npy");
    assertThat(npy.next(4).size()).isEqualTo(8);
    assertThatThrownBy(() -> npy.next(1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("x.npy: damaged: cut short");
  }

  @Property(tries = 3000)
  void garbledBytesGiveAnArrayOrAnInvalidInput(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] bytes = NpyFiles.bytes(Tensor.of(ramp(10), 5, 2));
    for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    try (Npy npy = open(bytes)) {
      assertThat(npy.all().bytes()).isLessThanOrEqualTo(bytes.length);
    } catch (InvalidInputException e) {
      assertThat(e).hasMessageStartingWith("x.npy: ");
    }
  }

  @Test
  void impossibleShapesAreInvalidInputs() {
    for (String shape :
        List.of(
            "9223372036854775807, 9223372036854775807",
            "99999999999999999999",
            "4611686018427387904, 4",
            ",,")) {
      byte[] header = NpyFiles.header("<f4", 1);
      String text =
          new String(header, 10, header.length - 10, UTF_8).replace("(1,)", "(" + shape + ")");
      byte[] bytes = Arrays.copyOf(header, 10 + text.length());
      System.arraycopy(text.getBytes(UTF_8), 0, bytes, 10, text.length());
      bytes[8] = (byte) text.length();
      bytes[9] = (byte) (text.length() >> 8);
      assertThatThrownBy(() -> open(bytes)).isInstanceOf(InvalidInputException.class);
    }
  }

  @Test
  void otherFilesAreNamed(@TempDir Path folder) {
    Path text = NpyFiles.write(folder.resolve("text.npy"), "not an array".getBytes(UTF_8));
    assertThatThrownBy(() -> Npy.open(text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("text.npy: not a NumPy array");
    assertThatThrownBy(() -> Npy.open(folder.resolve("none.npy")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageEndingWith("none.npy: no such file");
    assertThatThrownBy(() -> Npy.open(folder)).isInstanceOf(InvalidInputException.class);
  }
}
