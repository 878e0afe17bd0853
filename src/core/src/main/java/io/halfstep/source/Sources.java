package io.halfstep.source;

import akka.NotUsed;
import akka.japi.function.Creator;
import akka.japi.function.Function;
import akka.japi.function.Procedure;
import akka.stream.Attributes;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Source;
import java.util.Optional;

/** Datasets as streams. */
public final class Sources {
  private Sources() {}

  /**
   * Batches that are read on demand, on the dispatcher for blocking work. Each materialization is a
   * separate pass. The stream fails with {@link io.halfstep.failure.InvalidInputException} where
   * the pass does.
   *
   * @param batch see {@link Dataset#grouped}
   * @param limit see {@link Dataset#grouped}
   */
  public static Source<SampleBatch, NotUsed> batches(Dataset dataset, int batch, long limit) {
    return reading(
        () -> dataset.grouped(batch, limit),
        reader -> Optional.ofNullable(reader.next()),
        BatchReader::close);
  }

  static <R, T> Source<T, NotUsed> reading(
      Creator<R> open, Function<R, Optional<T>> next, Procedure<R> close) {
    // The reading stage is a separate actor. By default, the stage after that boundary requests
    // 16 elements ahead; here, a batch may have hundreds of megabytes.
    return Source.unfoldResource(open, next, close)
        .via(Flow.<T>create().map(element -> element).addAttributes(Attributes.inputBuffer(1, 1)));
  }
}
