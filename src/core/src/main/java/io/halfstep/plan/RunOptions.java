package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run is told besides how to quantize: its data, its resources, what it writes. Texts are as
 * on the command line; null, or an empty list, where nothing was said.
 *
 * @param data files and folders of samples, as {@code --data} takes them
 * @param normalize as {@code --normalize} takes it
 * @param image how images become samples, as {@code --image} takes it
 * @param samples how many samples to use, at least 1
 * @param batch samples per batch, at least 1
 * @param threads at least 1
 * @param memory bytes that batches in flight and kept batches may take
 * @param spoolDir where batches go that do not fit
 * @param out the quantized model
 * @param report the HTML report
 * @param encodings the encodings as JSON
 * @param quiet whether to show no progress
 * @param json whether to print the result as JSON
 */
public record RunOptions(
    List<String> data,
    List<String> normalize,
    @Nullable String image,
    @Nullable Long samples,
    @Nullable Integer batch,
    @Nullable Integer threads,
    @Nullable Long memory,
    @Nullable Path spoolDir,
    @Nullable Path out,
    @Nullable Path report,
    @Nullable Path encodings,
    @Nullable Boolean quiet,
    @Nullable Boolean json) {

  /** Nothing said. */
  public static final RunOptions NONE =
      new RunOptions(
          List.of(), List.of(), null, null, null, null, null, null, null, null, null, null, null);

  /**
   * @throws InvalidInputException if a number is less than 1
   */
  public RunOptions {
    data = List.copyOf(data);
    normalize = List.copyOf(normalize);
    checkPositive("samples", samples);
    checkPositive("batch", batch);
    checkPositive("threads", threads);
    checkPositive("memory", memory);
  }

  /** Only the data. */
  public static RunOptions data(List<String> data) {
    return new RunOptions(
        data, List.of(), null, null, null, null, null, null, null, null, null, null, null);
  }

  /** Only the number of samples. */
  public static RunOptions samples(long samples) {
    return new RunOptions(
        List.of(), List.of(), null, samples, null, null, null, null, null, null, null, null, null);
  }

  /** Only the normalization. */
  public static RunOptions normalize(String... specifications) {
    return new RunOptions(
        List.of(),
        List.of(specifications),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  /** These options where they say something, the others where they do not. */
  public RunOptions over(RunOptions others) {
    return new RunOptions(
        data.isEmpty() ? others.data : data,
        normalize.isEmpty() ? others.normalize : normalize,
        or(image, others.image),
        or(samples, others.samples),
        or(batch, others.batch),
        or(threads, others.threads),
        or(memory, others.memory),
        or(spoolDir, others.spoolDir),
        or(out, others.out),
        or(report, others.report),
        or(encodings, others.encodings),
        or(quiet, others.quiet),
        or(json, others.json));
  }

  private static <T> @Nullable T or(@Nullable T said, @Nullable T otherwise) {
    return said != null ? said : otherwise;
  }

  private static void checkPositive(String option, @Nullable Number value) {
    if (value != null && value.longValue() < 1) {
      throw new InvalidInputException(option + ": found " + value + ", expected at least 1");
    }
  }
}
