package io.halfstep.tensor;

import io.halfstep.failure.InvalidInputException;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * A NumPy archive of named arrays ({@code np.savez}, {@code np.savez_compressed}): a zip file
 * (zip64 if it is large) with one .npy entry per array, stored or deflated. Each array is streamed,
 * and its checksum is verified at its end.
 */
public final class Npz implements Closeable {
  private static final String SUFFIX = ".npy";

  /** No deflate stream expands by more than this (RFC 1951: 258 bytes from two bits). */
  private static final long LARGEST_DEFLATE_RATIO = 1032;

  private final Path file;
  private final ZipFile zip;

  private Npz(Path file, ZipFile zip) {
    this.file = file;
    this.zip = zip;
  }

  /**
   * Opens an archive.
   *
   * @throws InvalidInputException if the file is missing, is not an archive, or is truncated
   */
  public static Npz open(Path file) {
    try {
      return new Npz(file, new ZipFile(file.toFile()));
    } catch (NoSuchFileException | FileNotFoundException e) {
      throw new InvalidInputException(file + ": no such file", e);
    } catch (IOException | IllegalArgumentException e) {
      String what =
          Files.isReadable(file)
              ? "not a .npz archive, or cut short (" + e.getMessage() + ")"
              : "can't be read";
      throw new InvalidInputException(file + ": " + what, e);
    }
  }

  /** Returns the names of the arrays, in the archive's order. */
  public List<String> names() {
    return listed(
        () ->
            zip.stream()
                .map(ZipEntry::getName)
                .filter(name -> name.endsWith(SUFFIX))
                .map(name -> name.substring(0, name.length() - SUFFIX.length()))
                .toList());
  }

  /** Reads the entry list, which is decoded only here; a name may be malformed. */
  private <T extends @Nullable Object> T listed(Supplier<T> question) {
    try {
      return question.get();
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(file + ": a damaged archive: " + e.getMessage(), e);
    }
  }

  /**
   * Opens one array. The archive must stay open while it is read; several arrays may be read at the
   * same time.
   *
   * @throws InvalidInputException if there is no such array, or it is damaged or unsupported
   */
  public Npy array(String name) {
    ZipEntry entry = listed(() -> zip.getEntry(name + SUFFIX));
    if (entry == null) {
      throw new InvalidInputException(
          file + ": holds no array '" + name + "', only " + String.join(", ", names()));
    }
    String where = file + ":" + name;
    if (entry.getSize() / LARGEST_DEFLATE_RATIO > entry.getCompressedSize()) {
      throw new InvalidInputException(
          where + ": damaged, it claims to expand to " + entry.getSize() + " bytes");
    }
    try {
      InputStream in = new BufferedInputStream(zip.getInputStream(entry), 1 << 16);
      return Npy.open(new Checked(in, entry.getCrc()), entry.getSize(), where);
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidInputException(where + ": damaged: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      zip.close();
    } catch (IOException e) {
      // Nothing was written, so nothing is lost.
    }
  }

  /** Verifies the checksum at the end, which {@link ZipFile} does not do. */
  private static final class Checked extends FilterInputStream {
    private final CRC32 actual = new CRC32();
    private final long expected;

    Checked(InputStream in, long expected) {
      super(in);
      this.expected = expected;
    }

    @Override
    public int read() throws IOException {
      int value = in.read();
      if (value < 0) {
        compare();
      } else {
        actual.update(value);
      }
      return value;
    }

    @Override
    public int read(byte[] to, int from, int length) throws IOException {
      int count = in.read(to, from, length);
      if (count > 0) {
        actual.update(to, from, count);
      } else if (count < 0) {
        compare();
      }
      return count;
    }

    private void compare() throws ZipException {
      if (actual.getValue() != expected) {
        throw new ZipException("its checksum does not match");
      }
    }
  }
}
