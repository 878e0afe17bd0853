package io.halfstep.source;

import java.io.Closeable;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The samples of one file, not converted; samples that the model would not accept are left out. */
public final class FileSamples implements Closeable {
  private final SampleReader reader;

  private FileSamples(SampleReader reader) {
    this.reader = reader;
  }

  /** Returns the files of a folder that may hold samples, in the order of their names. */
  public static List<Path> in(Path folder) {
    return Folder.list(folder).files();
  }

  /**
   * Opens a file, which must have all of the model's inputs.
   *
   * @param rejections counts samples that are left out
   */
  public static FileSamples open(
      Path file, Admission admission, ImageSpec images, Rejections rejections) {
    List<InputPort> ports = admission.inputs();
    return new FileSamples(
        new SampleReader(
            ports,
            SampleSets.of(file, ports),
            images,
            rejections,
            (port, raw) -> {
              admission.admit(port, raw);
              return raw;
            }));
  }

  /**
   * Returns the next sample; null after the last one.
   *
   * @throws io.halfstep.failure.InvalidInputException if the file can't be read
   */
  public @Nullable RawSample next() {
    Sample sample = reader.next();
    return sample == null ? null : new RawSample(sample.inputs());
  }

  @Override
  public void close() {
    reader.close();
  }
}
