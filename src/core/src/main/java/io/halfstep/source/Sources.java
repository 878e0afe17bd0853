package io.halfstep.source;

import akka.NotUsed;
import akka.stream.Attributes;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Source;
import java.util.Optional;

/** Datasets as streams. */
public final class Sources {
  private Sources() {}

  /**
   * Batches that are read when they are demanded, on the dispatcher for blocking work. Each
   * materialization is a pass of its own. The stream fails with {@link
   * io.halfstep.failure.InvalidInputException} where the pass does.
   *
   * @param batch see {@link Dataset#batches}
   * @param limit see {@link Dataset#batches}
   */
  public static Source<SampleBatch, NotUsed> batches(Dataset dataset, int batch, long limit) {
    // The reading stage is an actor of its own, and the stage behind the boundary asks for 16
    // elements ahead by default: here a batch may be hundreds of megabytes.
    return Source.unfoldResource(
            () -> dataset.batches(batch, limit),
            reader -> Optional.ofNullable(reader.next()),
            BatchReader::close)
        .via(
            Flow.<SampleBatch>create()
                .map(made -> made)
                .addAttributes(Attributes.inputBuffer(1, 1)));
  }
}
