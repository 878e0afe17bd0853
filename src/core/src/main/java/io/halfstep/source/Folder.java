package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The contents of a folder of samples. Hidden files and files of other kinds are ignored. */
final class Folder {
  private static final Pattern TEST_INPUT = Pattern.compile("input_(\\d{1,6})\\.pb");
  private static final Pattern NUMBER_AT_END = Pattern.compile("(\\d{1,9})$");

  private final Path path;
  private final List<Path> entries;

  private Folder(Path path, List<Path> entries) {
    this.path = path;
    this.entries = entries;
  }

  static Folder list(Path path) {
    try (Stream<Path> found = Files.list(path)) {
      return new Folder(
          path,
          found
              .filter(entry -> !name(entry).startsWith("."))
              .sorted(Comparator.comparing(Folder::name))
              .toList());
    } catch (IOException e) {
      throw new InvalidInputException(path + ": can't be listed: " + e.getMessage(), e);
    }
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }

  /**
   * Returns the ONNX test data sets: this folder if it has an {@code input_0.pb}, else its
   * sub-folders that have one, sorted by the number at the end of their names.
   */
  List<Folder> testDataSets() {
    if (Files.isRegularFile(path.resolve("input_0.pb"))) {
      return List.of(this);
    }
    return entries.stream()
        .filter(entry -> Files.isRegularFile(entry.resolve("input_0.pb")))
        .sorted(Comparator.comparingInt(Folder::numberAtEnd))
        .map(Folder::list)
        .toList();
  }

  private static int numberAtEnd(Path folder) {
    Matcher number = NUMBER_AT_END.matcher(name(folder));
    return number.find() ? Integer.parseInt(number.group(1)) : -1;
  }

  /** Returns the files {@code input_0.pb} to {@code input_(n−1).pb} of an ONNX test data set. */
  List<Path> testInputs(int n) {
    long found = entries.stream().filter(e -> TEST_INPUT.matcher(name(e)).matches()).count();
    List<Path> inputs = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      inputs.add(path.resolve("input_" + i + ".pb"));
    }
    if (found != n || !inputs.stream().allMatch(Files::isRegularFile)) {
      throw new InvalidInputException(
          "%s: has %d files input_N.pb, expected input_0.pb to input_%d.pb for the model's inputs"
              .formatted(path, found, n - 1));
    }
    return inputs;
  }

  /**
   * Returns the arrays by name, or else the images.
   *
   * @throws InvalidInputException if it has both or neither
   */
  List<Path> samples() {
    List<Path> arrays =
        entries.stream()
            .filter(
                file ->
                    switch (FileKind.of(file)) {
                      case NPY, NPZ, PROTO -> true;
                      case IMAGE, OTHER -> false;
                    })
            .toList();
    List<Path> pictures = pictures();
    if (arrays.isEmpty() && pictures.isEmpty()) {
      throw new InvalidInputException(
          path + ": holds no .npy, .npz, input_0.pb, .png or .jpg file, and no folder of them");
    }
    if (!arrays.isEmpty() && !pictures.isEmpty()) {
      throw new InvalidInputException(
          "%s: holds both arrays (%s) and images (%s); name the files to use"
              .formatted(path, name(arrays.get(0)), name(pictures.get(0))));
    }
    return arrays.isEmpty() ? pictures : arrays;
  }

  /** Returns the files that may have samples, by name. */
  List<Path> files() {
    return entries.stream()
        .filter(file -> FileKind.of(file) != FileKind.OTHER && Files.isRegularFile(file))
        .toList();
  }

  /**
   * Returns the images in this folder, by name, and those of sub-folders (often one per class),
   * interleaved so that the first ones are from all classes.
   */
  private List<Path> pictures() {
    List<List<Path>> queues = new ArrayList<>();
    queues.add(
        entries.stream()
            .filter(file -> FileKind.of(file) == FileKind.IMAGE && Files.isRegularFile(file))
            .toList());
    for (Path entry : entries) {
      if (Files.isDirectory(entry) && !Files.isSymbolicLink(entry)) {
        queues.add(list(entry).pictures());
      }
    }
    int longest = queues.stream().mapToInt(List::size).max().orElse(0);
    List<Path> pictures = new ArrayList<>();
    for (int turn = 0; turn < longest; turn++) {
      for (List<Path> queue : queues) {
        if (turn < queue.size()) {
          pictures.add(queue.get(turn));
        }
      }
    }
    return pictures;
  }
}
