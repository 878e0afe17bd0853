package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Npz;
import io.halfstep.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** The class labels of samples. */
public final class Labels {
  private Labels() {}

  /**
   * Reads integers: from a {@code .npy} file or an array of a {@code .npz} file ({@code
   * test.npz:labels}) of shape {@code [n]}, or of label maps {@code [n, H, W]}, whose labels follow
   * each other in row-major order; from a {@code .pb} tensor; or from a text file with one integer
   * per line, where a first line of letters is skipped as a heading.
   *
   * @throws InvalidInputException if it is none of these, or has no labels
   */
  public static long[] read(String specification) {
    ArrayRef ref = ArrayRef.parse(specification);
    if (Files.isDirectory(ref.path())) {
      throw new InvalidInputException(ref.path() + ": is a folder, expected a file of labels");
    }
    long[] labels =
        switch (FileKind.of(ref.path())) {
          case NPY -> array(Rows.npy(ref.path()));
          case NPZ -> array(Rows.npz(ref.path(), ref.array() != null ? ref.array() : only(ref)));
          case PROTO -> array(Rows.proto(ref.path()));
          case IMAGE -> throw new InvalidInputException(ref.path() + ": an image has no labels");
          case OTHER -> text(ref.path());
        };
    if (labels.length == 0) {
      throw new InvalidInputException(specification + ": holds no labels");
    }
    return labels;
  }

  private static String only(ArrayRef ref) {
    try (Npz npz = Npz.open(ref.path())) {
      List<String> names = npz.names();
      if (names.size() == 1) {
        return names.get(0);
      }
      throw new InvalidInputException(
          "%s: which of its arrays %s are the labels? Use %s:NAME"
              .formatted(ref.path(), String.join(", ", names), ref.path()));
    }
  }

  private static long[] array(Rows rows) {
    try (rows) {
      long[] shape = rows.shape();
      if (shape.length == 0 || elements(shape) > Integer.MAX_VALUE - 8) {
        throw new InvalidInputException(
            "%s: has shape %s, expected labels of each sample, [n] or [n, H, W]"
                .formatted(rows.where(), Arrays.toString(shape)));
      }
      Tensor labels = Conversion.convert(rows.next((int) shape[0]), ElementType.INT64);
      return ((long[]) labels.data()).clone();
    } catch (RejectedException e) {
      throw new InvalidInputException(
          rows.where() + ": " + e.found() + ", expected integer labels", e);
    }
  }

  private static double elements(long... shape) {
    return LongStream.of(shape).asDoubleStream().reduce(1, (a, b) -> a * b);
  }

  private static long[] text(Path file) {
    LongStream.Builder labels = LongStream.builder();
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      int number = 0;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        String text = (number == 1 ? line.replaceFirst("^\\uFEFF", "") : line).strip();
        if (text.isEmpty() || (number == 1 && Character.isLetter(text.charAt(0)))) {
          continue;
        }
        try {
          labels.add(Long.parseLong(text));
        } catch (NumberFormatException e) {
          throw new InvalidInputException(
              "%s: line %d is '%s', expected one integer"
                  .formatted(file, number, text.substring(0, Math.min(40, text.length()))),
              e);
        }
      }
    } catch (IOException e) {
      throw new InvalidInputException(file + ": can't be read as text: " + e.getMessage(), e);
    }
    return labels.build().toArray();
  }
}
