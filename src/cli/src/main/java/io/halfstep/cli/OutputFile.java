package io.halfstep.cli;

import io.halfstep.failure.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Checks output files before long work starts. */
final class OutputFile {
  private OutputFile() {}

  /**
   * Checks that the file can be written and has no other use.
   *
   * @param option the option that names the file
   * @param taken the files that are read, and the other outputs
   * @throws InvalidInputException if not
   */
  static void require(String option, Path file, List<Path> taken) {
    if (Files.isDirectory(file)) {
      throw new InvalidInputException(
          "%s %s: is a folder, expected the name of a file".formatted(option, file));
    }
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new InvalidInputException(
          "%s %s: there is no folder %s; create it first".formatted(option, file, folder));
    }
    for (Path other : taken) {
      if (same(file, other)) {
        throw new InvalidInputException(
            "%s %s: is named as %s already; choose another name".formatted(option, file, other));
      }
    }
    requireWritable(option, file, folder);
  }

  /** Writes a probe, since permissions do not reveal read-only or special file systems. */
  private static void requireWritable(String option, Path file, Path folder) {
    try {
      Files.delete(Files.createTempFile(folder, ".halfstep", ".probe"));
    } catch (IOException e) {
      throw new InvalidInputException(
          "%s %s: %s is not writable; choose another folder".formatted(option, file, folder), e);
    }
  }

  private static boolean same(Path file, Path other) {
    try {
      return file.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize())
          || (Files.exists(file) && Files.exists(other) && Files.isSameFile(file, other));
    } catch (IOException e) {
      return false; // one was deleted meanwhile
    }
  }
}
