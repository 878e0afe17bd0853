package io.halfstep.service.state;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Restricts files to 0600 and folders to 0700, where the system has such permissions. */
public final class OwnerOnly {
  private static final Logger LOG = LoggerFactory.getLogger(OwnerOnly.class);
  private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> FOLDER =
      PosixFilePermissions.fromString("rwx------");
  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

  private OwnerOnly() {}

  /** Creates a folder and its missing parents. */
  public static void createFolders(Path folder) throws IOException {
    FileAttribute<?>[] attributes =
        POSIX
            ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(FOLDER)}
            : new FileAttribute<?>[0];
    Files.createDirectories(folder, attributes);
  }

  /** Restricts a file, or a folder and all its contents, to the owner. */
  public static void restrict(Path root) throws IOException {
    if (!POSIX) {
      return;
    }
    List<Path> all;
    try (Stream<Path> files = Files.walk(root)) {
      all = files.filter(file -> !Files.isSymbolicLink(file)).toList();
    }
    for (Path file : all) {
      try {
        Set<PosixFilePermission> wanted =
            Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS) ? FOLDER : FILE;
        if (!Files.getPosixFilePermissions(file).equals(wanted)) {
          Files.setPosixFilePermissions(file, wanted);
        }
      } catch (IOException e) {
        LOG.warn("{} stays open to other users: {}", file, e.toString());
      }
    }
  }
}
