package io.halfstep.cli;

import io.halfstep.failure.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that is to be written after long work: what would fail then is said before. */
final class OutputFile {
  private OutputFile() {}

  /**
   * Holds that the file can be written, and is none of those that are read.
   *
   * @param option where the user named it
   * @throws InvalidInputException if not
   */
  static void require(String option, Path file, Path... read) {
    if (Files.isDirectory(file)) {
      throw new InvalidInputException(
          "%s %s: is a folder, expected the name of a file".formatted(option, file));
    }
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new InvalidInputException(
          "%s %s: there is no folder %s; make it first".formatted(option, file, folder));
    }
    if (!Files.isWritable(folder) || (Files.exists(file) && !Files.isWritable(file))) {
      throw new InvalidInputException(
          "%s %s: permission denied; choose another place".formatted(option, file));
    }
    for (Path other : read) {
      if (same(file, other)) {
        throw new InvalidInputException(
            "%s %s: would overwrite what is read; choose another name".formatted(option, file));
      }
    }
  }

  private static boolean same(Path file, Path other) {
    try {
      return Files.exists(file) && Files.exists(other) && Files.isSameFile(file, other);
    } catch (IOException e) {
      return file.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
    }
  }
}
