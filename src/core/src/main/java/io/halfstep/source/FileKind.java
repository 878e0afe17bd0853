package io.halfstep.source;

import java.nio.file.Path;
import java.util.Locale;

/** The kind of a file, by its extension. */
enum FileKind {
  NPY,
  NPZ,
  PROTO,
  IMAGE,
  OTHER;

  static FileKind of(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "npy" -> NPY;
      case "npz" -> NPZ;
      case "pb" -> PROTO;
      case "png", "jpg", "jpeg" -> IMAGE;
      default -> OTHER;
    };
  }
}
