package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.Npy;
import io.halfstep.tensor.Npz;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A reference to an array: a file, or one array of a .npz file.
 *
 * @param array null if the file has only one, or the input's name selects it
 */
record ArrayRef(Path path, @Nullable String array) implements SampleArray {

  /** Parses {@code PATH} or {@code file.npz:array}. The file must exist. */
  static ArrayRef parse(String text) {
    Path whole = path(text);
    if (Files.exists(whole)) {
      return new ArrayRef(whole, null);
    }
    int colon = text.lastIndexOf(':');
    if (colon > 0 && text.substring(0, colon).toLowerCase(Locale.ROOT).endsWith(".npz")) {
      Path archive = path(text.substring(0, colon));
      if (Files.exists(archive)) {
        return new ArrayRef(archive, text.substring(colon + 1));
      }
      throw new InvalidInputException(archive + ": no such file");
    }
    throw new InvalidInputException(text + ": no such file or folder");
  }

  private static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new InvalidInputException("'" + text + "' is not a path: " + e.getReason(), e);
    }
  }

  /** Opens the array for an input; of several in an archive, the one that fits the input. */
  @Override
  public Column open(InputPort port, ImageSpec images) {
    return switch (FileKind.of(path)) {
      case NPY -> column(port, Rows.npy(path));
      case NPZ -> column(port, Rows.npz(path, array != null ? array : choose(port)));
      case PROTO -> column(port, Rows.proto(path));
      case IMAGE -> new ImageColumn(path, ImageDecoder.of(port, images));
      case OTHER ->
          throw new InvalidInputException(
              path + ": not a file of samples; expected .npy, .npz, .pb, .png, .jpg or a folder");
    };
  }

  @Override
  public boolean isImage() {
    return FileKind.of(path) == FileKind.IMAGE;
  }

  private static Column column(InputPort port, Rows rows) {
    try {
      return new ArrayColumn(port, rows);
    } catch (RuntimeException e) {
      rows.close();
      throw e;
    }
  }

  /** Returns the array with the input's name, or the only one, or the only one whose shape fits. */
  private String choose(InputPort port) {
    try (Npz npz = Npz.open(path)) {
      List<String> names = npz.names();
      if (names.contains(port.name())) {
        return port.name();
      }
      if (names.size() == 1) {
        return names.get(0);
      }
      List<String> fitting = new ArrayList<>();
      List<String> described = new ArrayList<>();
      for (String name : names) {
        try (Npy npy = npz.array(name)) {
          described.add(name + " " + npy.type() + Arrays.toString(npy.shape()));
          if (Fit.of(npy.shape(), port, npy.name()) != null) {
            fitting.add(name);
          }
        } catch (InvalidInputException e) {
          described.add(name + " (unusable)");
        }
      }
      if (fitting.size() != 1) {
        throw new InvalidInputException(
            "%s: %s of its arrays fit input %s: %s; pick one with %s:NAME"
                .formatted(
                    path,
                    fitting.isEmpty() ? "none" : "several",
                    port,
                    String.join(", ", described),
                    path));
      }
      return fitting.get(0);
    }
  }
}
