package io.halfstep.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  private final Path folder;

  AtomicFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void replacesWhatWasThereAndLeavesNothingElse() throws IOException {
    Path target = folder.resolve("model.onnx");
    Files.writeString(target, "old and longer");

    AtomicFile.write(target, "new".getBytes(UTF_8));

    assertThat(target).hasContent("new");
    assertThat(folder).isDirectoryNotContaining(file -> !file.endsWith("model.onnx"));
  }

  @Test
  void writesThroughALink() throws IOException {
    Path target = Files.writeString(folder.resolve("v1.onnx"), "old");
    Path link = Files.createSymbolicLink(folder.resolve("latest.onnx"), target);

    AtomicFile.write(link, "new".getBytes(UTF_8));

    assertThat(link).isSymbolicLink();
    assertThat(target).hasContent("new");
  }

  @Test
  void saysInOneLineWhatIsWrong() {
    assertThatThrownBy(() -> AtomicFile.write(folder.resolve("no/where.onnx"), new byte[1]))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageEndingWith("where.onnx: cannot be written: its folder does not exist");
    assertThatThrownBy(() -> AtomicFile.write(folder, new byte[1]))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("not a regular file");
    assertThatThrownBy(() -> AtomicFile.write(Path.of("/dev/null"), new byte[1]))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("not a regular file");
  }

  @Test
  void aReaderNeverSeesHalfAFile() throws Exception {
    Path target = folder.resolve("model.onnx");
    byte[][] contents = {new byte[100_000], new byte[200_000]};
    AtomicFile.write(target, contents[0]);
    AtomicBoolean torn = new AtomicBoolean();
    AtomicBoolean done = new AtomicBoolean();
    Thread reader =
        new Thread(
            () -> {
              while (!done.get()) {
                try {
                  int length = Files.readAllBytes(target).length;
                  if (length != 100_000 && length != 200_000) {
                    torn.set(true);
                  }
                } catch (IOException e) {
                  torn.set(true);
                }
              }
            });
    reader.start();
    for (int i = 0; i < 50; i++) {
      AtomicFile.write(target, contents[i % 2]);
    }
    done.set(true);
    reader.join();

    assertThat(torn).isFalse();
  }
}
