package io.halfstep.intake;

import io.halfstep.source.RawSample;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Where samples are stored. */
public interface Appender {
  /**
   * Appends samples, all or none.
   *
   * @param origin the producer and its position, or null
   * @return completes when they are on the disk; see {@link SampleLog#append} for its failures
   */
  CompletionStage<Appended> append(List<RawSample> samples, @Nullable Origin origin);

  /** Returns the next position expected of a producer; empty if it has sent nothing. */
  OptionalLong position(String producer);
}
