package io.halfstep.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.failure.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The files were written by the onnx package 1.12 for Python. */
class NamedTensorTest {
  private static final Path RESOURCES = Path.of("src/core/src/test/resources/io/halfstep/tensor");

  @Test
  void readsRawData() {
    NamedTensor raw = NamedTensor.read(RESOURCES.resolve("raw.pb"));
    assertThat(raw.name()).isEqualTo("raw");
    assertThat(raw.tensor().shape()).containsExactly(2, 3);
    assertThat(raw.tensor().floats()).containsExactly(0, 1, 2, 3, 4, 5);
  }

  @Test
  void readsTypedData() {
    Tensor typed = NamedTensor.read(RESOURCES.resolve("typed.pb")).tensor();
    assertThat(typed.data()).isEqualTo(new long[] {1, -2, 1L << 40});
    Tensor half = NamedTensor.read(RESOURCES.resolve("half.pb")).tensor();
    assertThat(half.type()).isEqualTo(ElementType.FLOAT16);
    assertThat(half.data()).isEqualTo(new short[] {0x3e00, (short) 0xc000});
  }

  @Test
  void saysWhatDoesNotFit() {
    TensorProto.Builder proto =
        TensorProto.newBuilder().setDataType(ElementType.FLOAT.onnx()).addDims(2).addDims(3);
    assertThatThrownBy(() -> NamedTensor.of(proto.addFloatData(1).build(), "w"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("w: FLOAT[2, 3] needs 6 elements and has 1");
    assertThatThrownBy(() -> NamedTensor.of(proto.addDims(-1).build(), "w"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("w: impossible shape [2, 3, -1]");
    assertThatThrownBy(() -> NamedTensor.of(proto.setDataType(8).build(), "w"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("w: element type 8");
    assertThatThrownBy(
            () ->
                NamedTensor.of(
                    proto.setDataLocation(TensorProto.DataLocation.EXTERNAL).build(), "w"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("has external data");
  }

  @Property(tries = 2000)
  void garbledAndCutFilesAreInvalidInputs(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    String name = new String[] {"raw.pb", "typed.pb", "half.pb"}[random.nextInt(3)];
    byte[] bytes = Files.readAllBytes(RESOURCES.resolve(name));
    for (int flips = random.nextInt(3); flips > 0; flips--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    int length = random.nextBoolean() ? bytes.length : random.nextInt(bytes.length);
    Path file = Files.createTempFile("garbled", ".pb");
    try {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThat(NamedTensor.read(file).tensor().bytes()).isLessThanOrEqualTo(bytes.length * 8L);
    } catch (InvalidInputException e) {
      assertThat(e).hasMessageStartingWith(file + ": ");
    } finally {
      Files.delete(file);
    }
  }
}
