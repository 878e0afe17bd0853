package io.halfstep.source;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import akka.NotUsed;
import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import akka.stream.testkit.TestSubscriber;
import akka.stream.testkit.javadsl.TestSink;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourcesStreamTest {
  private static final ActorTestKit AKKA = ActorTestKit.create();
  private static final InputPort X = new InputPort("x", ElementType.FLOAT, new long[] {-1, 1});

  private final Path folder;

  SourcesStreamTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @AfterAll
  static void stop() {
    AKKA.shutdownTestKit();
  }

  /** One file for each sample. */
  private Dataset files(int count) {
    for (int i = 0; i < count; i++) {
      NpyFiles.write(folder.resolve("%03d.npy".formatted(i)), Tensor.of(new float[] {i}, 1, 1));
    }
    return Dataset.open(
        List.of(folder.toString()), List.of(X), Normalization.NONE, ImageSpec.DEFAULT);
  }

  private static TestSubscriber.Probe<SampleBatch> probe(Source<SampleBatch, NotUsed> source) {
    return source.runWith(TestSink.create(AKKA.system().classicSystem()), AKKA.system());
  }

  @Test
  void readsAtMostTwoBatchesAhead() throws Exception {
    AtomicInteger read = new AtomicInteger();
    CountDownLatch closed = new CountDownLatch(1);
    TestSubscriber.Probe<Integer> sink =
        Sources.reading(
                () -> read,
                reader -> Optional.of(reader.incrementAndGet()),
                reader -> closed.countDown())
            .runWith(TestSink.create(AKKA.system().classicSystem()), AKKA.system());
    for (int i = 1; i <= 5; i++) {
      assertThat(sink.requestNext()).isEqualTo(i);
    }
    sink.cancel(); // reaches the reader behind everything that was requested of it
    assertThat(closed.await(60, SECONDS)).isTrue();
    assertThat(read.get()).isBetween(5, 7);
  }

  @Test
  void aReaderThatFailsFailsTheStream() throws IOException {
    Dataset dataset = files(3);
    Files.delete(folder.resolve("000.npy"));
    Throwable failure =
        probe(Sources.batches(dataset, 1, Dataset.ALL)).expectSubscriptionAndError(true);
    assertThat(failure).isInstanceOf(InvalidInputException.class);
    assertThat(failure).hasMessageEndingWith("000.npy: no such file");
  }

  @Test
  void everyMaterializationIsAPassFromTheBeginning() throws Exception {
    Source<SampleBatch, NotUsed> source = Sources.batches(files(10), 4, 9);
    for (int pass = 0; pass < 3; pass++) {
      List<SampleBatch> batches =
          source.runWith(Sink.seq(), AKKA.system()).toCompletableFuture().get(60, SECONDS);
      assertThat(batches).extracting(SampleBatch::samples).containsExactly(4, 4, 1);
      assertThat(batches.get(1).input("x").floats()).containsExactly(4, 5, 6, 7);
    }
  }

  @Test
  void twoPassesRunSideBySide() {
    Source<SampleBatch, NotUsed> source = Sources.batches(files(4), 2, Dataset.ALL);
    TestSubscriber.Probe<SampleBatch> one = probe(source);
    TestSubscriber.Probe<SampleBatch> other = probe(source);
    assertThat(one.requestNext().id()).isZero();
    assertThat(one.requestNext().id()).isEqualTo(1);
    assertThat(other.requestNext().id()).isZero();
    one.request(1).expectComplete();
    other.cancel();
  }
}
