package io.halfstep.cli;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A separate file system in memory that can be filled; requires root. */
final class SmallDisk implements AutoCloseable {
  private final Path path;

  private SmallDisk(Path path) {
    this.path = path;
  }

  /** Mounts a file system of 160 MiB; skips the test without the permission. */
  static SmallDisk mount(Path path) throws IOException, InterruptedException {
    Files.createDirectories(path);
    if (!run("mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", path.toString())) {
      abort("no file system can be mounted here");
    }
    return new SmallDisk(path);
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getInputStream().readAllBytes();
    return process.waitFor() == 0;
  }

  Path path() {
    return path;
  }

  /** Fills it, leaving this many bytes free. */
  void fill(long free) throws IOException {
    byte[] chunk = new byte[4096];
    try (OutputStream out = Files.newOutputStream(path.resolve("ballast"), CREATE, APPEND)) {
      while (Files.getFileStore(path).getUsableSpace() >= free + chunk.length) {
        out.write(chunk);
      }
    }
  }

  /** Frees the space again. */
  void clear() throws IOException {
    Files.delete(path.resolve("ballast"));
  }

  @Override
  public void close() throws IOException {
    try {
      if (!run("umount", path.toString())) {
        throw new IOException(path + " cannot be unmounted");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
