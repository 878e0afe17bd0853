package io.halfstep.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelsTest {
  private final Path folder;

  LabelsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private String write(String name, Tensor tensor) {
    return NpyFiles.write(folder.resolve(name), tensor).toString();
  }

  private String write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  @Test
  void readsArrays() {
    Tensor bytes = Tensor.of(ElementType.UINT8, new byte[] {3, (byte) 200}, 2);
    assertThat(Labels.read(write("a.npy", bytes))).containsExactly(3, 200);
    assertThat(Labels.read(write("b.npy", bytes.reshape(2, 1)))).containsExactly(3, 200);
    assertThat(Labels.read(write("c.npy", Tensor.of(new float[] {1, 2}, 2)))).containsExactly(1, 2);
    Tensor maps = Tensor.of(new float[] {1, 2, 3, 4}, 2, 1, 2);
    assertThat(Labels.read(write("maps.npy", maps))).containsExactly(1, 2, 3, 4);
    String archive = NpyFiles.write(folder.resolve("d.npz"), Map.of("y", bytes)).toString();
    assertThat(Labels.read(archive)).containsExactly(3, 200);
    assertThat(Labels.read(archive + ":y")).containsExactly(3, 200);
  }

  @Test
  void readsLines() throws IOException {
    assertThat(Labels.read(write("a.txt", "3\n 1\r\n\n2"))).containsExactly(3, 1, 2);
    assertThat(Labels.read(write("b.csv", "label\n7\n"))).containsExactly(7);
    assertThat(Labels.read(write("c.txt", "\uFEFF4\n5\n"))).containsExactly(4, 5);
    assertThat(Labels.read(write("d.csv", "\uFEFFlabel\n6\n"))).containsExactly(6);
  }

  @Test
  void saysWhatIsWrong() throws IOException {
    expect(write("a.txt", "1\n2.5\n"), "a.txt: line 2 is '2.5', expected one integer");
    expect(write("b.txt", ""), "b.txt: holds no labels");
    expect(write("c.npy", Tensor.of(new float[] {1, 2.5f}, 2)), "expected integer labels");
    expect(write("d.npy", Tensor.of(new float[1])), "has shape [], expected labels of each sample");
    expect(folder.resolve("none.txt").toString(), "none.txt: no such file or folder");
    expect(folder.toString(), "is a folder");
    Tensor one = Tensor.of(new float[1], 1);
    Path archive = NpyFiles.write(folder.resolve("e.npz"), Map.of("x", one, "y", one));
    expect(archive.toString(), "which of its arrays");
    Files.write(folder.resolve("f.txt"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    expect(folder.resolve("f.txt").toString(), "can't be read as text");
  }

  private static void expect(String specification, String message) {
    assertThatThrownBy(() -> Labels.read(specification))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(message);
  }
}
