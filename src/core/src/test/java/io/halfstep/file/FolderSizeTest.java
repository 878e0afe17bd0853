package io.halfstep.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderSizeTest {
  @Test
  void filesInSubfoldersCount(@TempDir Path folder) throws IOException {
    assertThat(FolderSize.of(folder)).isZero();
    Files.write(folder.resolve("a"), new byte[3]);
    Files.write(Files.createDirectories(folder.resolve("b/c")).resolve("d"), new byte[4]);
    assertThat(FolderSize.of(folder)).isEqualTo(7);
    assertThat(FolderSize.of(folder.resolve("none"))).isZero();
  }
}
