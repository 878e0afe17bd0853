package io.halfstep.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The archives were written by NumPy 1.24. */
class NpzTest {
  private static final Path RESOURCES = Path.of("src/core/src/test/resources/io/halfstep/tensor");

  private static Tensor read(Npz npz, String name) {
    try (Npy npy = npz.array(name)) {
      return npy.all();
    }
  }

  private static Tensor read(String file, String name) {
    try (Npz npz = Npz.open(RESOURCES.resolve(file))) {
      return read(npz, name);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"types_stored.npz", "types_deflated.npz"})
  void readsEveryTypeInBothByteOrders(String file) {
    byte[] signed8 = {-50, -13, 24, 61, 98, (byte) 135};
    byte[] unsigned8 = {0, 37, 74, 111, (byte) 148, (byte) 185};
    short[] halves = {(short) 0xb800, (short) 0xb400, 0, 0x3400, 0x3800, 0x3a00};
    Map<String, Object> expected =
        Map.ofEntries(
            Map.entry("float16", halves),
            Map.entry("float32", new float[] {-0.5f, -0.25f, 0, 0.25f, 0.5f, 0.75f}),
            Map.entry("float64", new double[] {-0.5, -0.25, 0, 0.25, 0.5, 0.75}),
            Map.entry("int8", signed8),
            Map.entry("int16", new short[] {-50, -13, 24, 61, 98, 135}),
            Map.entry("int32", new int[] {-50, -13, 24, 61, 98, 135}),
            Map.entry("int64", new long[] {-50, -13, 24, 61, 98, 135}),
            Map.entry("uint8", unsigned8),
            Map.entry("uint16", new short[] {0, 37, 74, 111, 148, 185}),
            Map.entry("uint32", new int[] {0, 37, 74, 111, 148, 185}),
            Map.entry("uint64", new long[] {0, 37, 74, 111, 148, 185}));
    try (Npz npz = Npz.open(RESOURCES.resolve(file))) {
      assertThat(npz.names()).hasSize(28).contains("float16_le", "uint64_be");
      expected.forEach(
          (type, data) -> {
            for (String order : new String[] {"_le", "_be"}) {
              Tensor tensor = read(npz, type + order);
              assertThat(tensor.shape()).containsExactly(3, 2);
              assertThat(tensor.data()).as(type + order).isEqualTo(data);
            }
          });
      assertThat(read(npz, "bool").type()).isEqualTo(ElementType.BOOL);
      assertThat(read(npz, "bool").data()).isEqualTo(new byte[] {1, 0, 1});
      assertThat(read(npz, "extreme_u64").data()).isEqualTo(new long[] {0, -1, Long.MIN_VALUE});
      assertThat(read(npz, "extreme_u32").data()).isEqualTo(new int[] {0, -1});
      assertThat(read(npz, "scalar").shape()).isEmpty();
      assertThat(read(npz, "scalar").data()).isEqualTo(new double[] {7.5});
      assertThat(read(npz, "empty").shape()).containsExactly(0, 4);
    }
  }

  @Test
  void reordersFortran() {
    int[] ramp = new int[24];
    Arrays.setAll(ramp, i -> i);
    Tensor whole = read("types_deflated.npz", "fortran");
    assertThat(whole.shape()).containsExactly(2, 3, 4);
    assertThat(whole.data()).isEqualTo(ramp);
    try (Npz npz = Npz.open(RESOURCES.resolve("types_stored.npz"));
        Npy npy = npz.array("fortran")) {
      npy.next(1);
      assertThat(npy.next(1).data()).isEqualTo(Arrays.copyOfRange(ramp, 12, 24));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "objects,Python objects",
    "strings,strings",
    "bytes,strings",
    "complex,complex numbers",
    "dates,dates or times",
    "records,records (a structured dtype)",
    "void,elements of dtype 'V2'"
  })
  void otherTypesAreNamed(String array, String kind) {
    assertThatThrownBy(() -> read("unsupported.npz", array))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "%s:%s: holds %s, expected bool, integers or floats of 16, 32 or 64 bits",
            RESOURCES.resolve("unsupported.npz"), array, kind);
  }

  @Test
  void aMissingArrayIsNamedWithThoseThatAreThere() {
    assertThatThrownBy(() -> read("unsupported.npz", "images"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("holds no array 'images', only objects, strings, bytes");
  }

  @Test
  void aWrongBitIsFoundByTheChecksum(@TempDir Path folder) throws IOException {
    byte[] bytes = Files.readAllBytes(RESOURCES.resolve("types_stored.npz"));
    int data = indexOf(bytes, NpyFiles.header("<f4", 3, 2), 0, 6) + 128;
    bytes[data + 3] ^= 1;
    Path file = NpyFiles.write(folder.resolve("wrong.npz"), bytes);
    try (Npz npz = Npz.open(file)) {
      assertThatThrownBy(
              () -> {
                for (String name : npz.names()) {
                  read(npz, name);
                }
              })
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("damaged: its checksum does not match");
    }
  }

  private static int indexOf(byte[] in, byte[] what, int from, int length) {
    for (int at = from; ; at++) {
      if (Arrays.equals(in, at, at + length, what, 0, length)) {
        return at;
      }
    }
  }

  @Property(tries = 400)
  void garbledAndCutArchivesAreInvalidInputs(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    byte[] bytes = Files.readAllBytes(RESOURCES.resolve("types_deflated.npz"));
    for (int flips = random.nextInt(6); flips > 0; flips--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    int length = random.nextBoolean() ? bytes.length : random.nextInt(bytes.length);
    Path file = Files.createTempFile("garbled", ".npz");
    try {
      Files.write(file, Arrays.copyOf(bytes, length));
      try (Npz npz = Npz.open(file)) {
        for (String name : npz.names()) {
          try {
            read(npz, name);
          } catch (InvalidInputException e) {
            assertThat(e).hasMessageStartingWith(file + "");
          }
        }
      } catch (InvalidInputException e) {
        assertThat(e).hasMessageStartingWith(file + "");
      }
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void noArchive(@TempDir Path folder) {
    assertThatThrownBy(() -> Npz.open(folder.resolve("none.npz")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageEndingWith("none.npz: no such file");
    Path text = NpyFiles.write(folder.resolve("text.npz"), new byte[] {1, 2, 3});
    assertThatThrownBy(() -> Npz.open(text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("text.npz: not a .npz archive, or cut short");
  }
}
