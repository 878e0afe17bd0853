package io.halfstep.intake;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.testkit.TestSubscriber;
import akka.stream.testkit.javadsl.TestSink;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.source.RawSample;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleLogTest {
  private static final ActorTestKit AKKA = ActorTestKit.create();
  private static final long QUEUE = 1 << 20;

  private final Path folder;
  private SampleLog log;

  SampleLogTest(@TempDir Path folder) {
    this.folder = folder;
    this.log = SampleLog.open(folder, QUEUE);
  }

  @AfterEach
  void close() {
    log.close();
  }

  @AfterAll
  static void stop() {
    AKKA.shutdownTestKit();
  }

  private void reopen() {
    log.close();
    log = SampleLog.open(folder, QUEUE);
  }

  static List<RawSample> samples(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(i -> new RawSample(Map.of("x", Tensor.of(new float[] {i}, 1, 1))))
        .toList();
  }

  private Appended append(int from, int to, Origin origin) {
    return get(log.append(samples(from, to), origin));
  }

  private static <T> T get(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(60, SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(e);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  private List<Integer> read(long from, long end) {
    return get(
        log.read(from, CompletableFuture.completedFuture(end))
            .map(sample -> (int) sample.inputs().get("x").floats()[0])
            .runWith(Sink.seq(), AKKA.system()));
  }

  private static List<Integer> numbers(int from, int to) {
    return IntStream.range(from, to).boxed().toList();
  }

  private static AbstractThrowableAssert<?, ?> assertFails(CompletionStage<?> stage) {
    return assertThatThrownBy(() -> get(stage));
  }

  @Test
  void everythingIsThereAfterReopening() {
    assertThat(append(0, 3, null)).isEqualTo(new Appended(0, 3, 0));
    assertThat(append(3, 4, null)).isEqualTo(new Appended(3, 1, 0));
    assertThat(log.size()).isEqualTo(4);
    reopen();
    assertThat(log.size()).isEqualTo(4);
    assertThat(append(4, 6, null)).isEqualTo(new Appended(4, 2, 0));
    assertThat(read(0, 6)).isEqualTo(numbers(0, 6));
    assertThat(read(2, 5)).isEqualTo(numbers(2, 5));
    assertThat(log.bytes()).isPositive();
  }

  @Test
  void samplesComeBackAsTheyWere() {
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    inputs.put("pixel", Tensor.of(ElementType.UINT8, new byte[] {-1, 2, 3}, 1, 3));
    inputs.put("größe", Tensor.of(ElementType.INT64, new long[] {Long.MIN_VALUE}, 1));
    inputs.put("half", Tensor.of(ElementType.BFLOAT16, new short[] {-1, 1}, 1, 2, 1));
    inputs.put("flag", Tensor.of(ElementType.BOOL, new byte[] {1}, 1));
    inputs.put("ids", Tensor.of(ElementType.UINT32, new int[] {-1}, 1, 1));
    inputs.put("exact", Tensor.of(ElementType.DOUBLE, new double[] {Math.PI}, 1));
    get(log.append(List.of(new RawSample(inputs)), null));
    reopen();
    RawSample back =
        get(log.read(0, CompletableFuture.completedFuture(1L)).runWith(Sink.head(), AKKA.system()));
    assertThat(back.inputs()).usingRecursiveComparison().isEqualTo(inputs);
    assertThat(back.inputs().keySet()).containsExactlyElementsOf(inputs.keySet());
  }

  @Test
  void readersStopAtTheGreatestEndUntilTheEndIsKnown() {
    append(0, 5, null);
    CompletableFuture<Long> end = new CompletableFuture<>();
    List<Integer> seen =
        get(
            log.read(0, size -> Math.min(size, 3), end)
                .map(sample -> (int) sample.inputs().get("x").floats()[0])
                .wireTap(number -> end.completeAsync(() -> 3L))
                .runWith(Sink.seq(), AKKA.system()));
    assertThat(seen).isEqualTo(numbers(0, 3));
  }

  @Test
  void whatAProducerSendsAgainIsStoredOnce() {
    assertThat(log.position("p")).isEmpty();
    assertThat(append(0, 3, new Origin("p", 0))).isEqualTo(new Appended(0, 3, 0));
    assertThat(append(0, 3, new Origin("p", 0))).isEqualTo(new Appended(3, 0, 3));
    assertThat(append(2, 5, new Origin("p", 2))).isEqualTo(new Appended(3, 2, 1));
    assertThat(append(0, 1, new Origin("q", 0))).isEqualTo(new Appended(5, 1, 0));
    reopen();
    assertThat(log.position("p")).hasValue(5);
    assertThat(append(3, 6, new Origin("p", 3))).isEqualTo(new Appended(6, 1, 2));
    assertThat(read(0, 7)).containsExactly(0, 1, 2, 3, 4, 0, 5);
  }

  @Test
  void aGapIsRefused() {
    append(0, 3, new Origin("p", 0));
    assertFails(log.append(samples(4, 5), new Origin("p", 4)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("producer 'p': position 4, expected 3; 1 samples before it are missing");
    assertThat(append(3, 4, new Origin("p", 3)).taken()).isEqualTo(1);
  }

  @Test
  void offsetsMayHaveGaps() {
    assertThat(append(0, 2, Origin.offset("kafka/t/0", 7)).taken()).isEqualTo(2);
    assertThat(append(0, 2, Origin.offset("kafka/t/0", 7))).isEqualTo(new Appended(2, 0, 2));
    assertThat(append(2, 3, Origin.offset("kafka/t/0", 11)).taken()).isEqualTo(1);
    assertThat(append(0, 0, Origin.offset("kafka/t/0", 12)).taken()).isZero();
    reopen();
    assertThat(log.position("kafka/t/0")).hasValue(13);
    assertThat(read(0, 3)).isEqualTo(numbers(0, 3));
  }

  @Test
  void manyAppendsAtOnceKeepEachProducersOrder() {
    List<CompletableFuture<Appended>> all = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      for (String producer : List.of("a", "b")) {
        // every second one is sent twice, without waiting
        for (int times = 0; times <= i % 2; times++) {
          all.add(log.append(samples(i, i + 1), new Origin(producer, i)).toCompletableFuture());
        }
      }
    }
    all.forEach(SampleLogTest::get);
    assertThat(log.size()).isEqualTo(1000);
    assertThat(all.stream().mapToInt(f -> f.join().duplicates()).sum()).isEqualTo(500);
    long[] firsts =
        all.stream().filter(f -> f.join().taken() == 1).mapToLong(f -> f.join().first()).toArray();
    assertThat(firsts).containsExactly(IntStream.range(0, 1000).asLongStream().toArray());
    List<Integer> twice = IntStream.range(0, 500).boxed().flatMap(i -> Stream.of(i, i)).toList();
    assertThat(read(0, 1000)).isEqualTo(twice);
    assertThat(log.waitingBytes()).isZero();
  }

  @Test
  void beyondTheLimitSamplesAreAcknowledgedButNotTaken() {
    log.limit(4);
    assertThat(append(0, 3, new Origin("p", 0)).taken()).isEqualTo(3);
    assertThat(append(3, 6, new Origin("p", 3))).isEqualTo(new Appended(3, 1, 0));
    assertThat(append(6, 9, null)).isEqualTo(new Appended(4, 0, 0));
    assertThat(log.size()).isEqualTo(4);
    assertThat(log.position("p")).hasValue(6);
  }

  @Test
  void whatDoesNotFitIntoTheQueueIsRefusedAtOnce() {
    RawSample large =
        new RawSample(Map.of("x", Tensor.zeros(ElementType.FLOAT, 1, (int) QUEUE / 8)));
    List<CompletableFuture<Appended>> all =
        IntStream.range(0, 200)
            .mapToObj(i -> log.append(List.of(large), null).toCompletableFuture())
            .toList();
    int refused = 0;
    for (CompletableFuture<Appended> append : all) {
      try {
        get(append);
      } catch (OverloadedException e) {
        assertThat(e).hasMessageContaining("at most " + QUEUE + " may");
        refused++;
      }
    }
    assertThat(refused).isBetween(1, 198);
    assertThat(log.size()).isEqualTo(200 - refused);
    assertThat(append(0, 1, null).taken()).isEqualTo(1);
  }

  @Test
  void spaceIsLeftToOthers() {
    append(0, 2, null);
    log.reserve(Long.MAX_VALUE);
    assertFails(log.append(samples(2, 3), null)).isInstanceOf(StorageFullException.class);
    assertThat(read(0, 2)).isEqualTo(numbers(0, 2));
    log.reserve(0);
    append(2, 3, null);
    assertThat(read(0, 3)).isEqualTo(numbers(0, 3));
  }

  @Test
  void aReaderFollowsTheLog() {
    CompletableFuture<Long> end = new CompletableFuture<>();
    TestSubscriber.Probe<Integer> tail =
        log.read(1, end)
            .map(sample -> (int) sample.inputs().get("x").floats()[0])
            .toMat(TestSink.create(AKKA.system().classicSystem()), Keep.right())
            .run(AKKA.system());
    tail.request(100);
    append(0, 3, null);
    tail.expectNext(1, 2);
    append(3, 4, null);
    tail.expectNext(3);
    end.complete(6L);
    append(4, 9, null);
    tail.expectNext(4, 5).expectComplete();
  }

  @Test
  void aReaderEndsWhereTheEndTurnsOutToBe() {
    append(0, 3, null);
    CompletableFuture<Long> end = new CompletableFuture<>();
    CompletionStage<List<RawSample>> all = log.read(0, end).runWith(Sink.seq(), AKKA.system());
    end.complete(3L);
    assertThat(get(all)).hasSize(3);
    assertThat(read(3, 3)).isEmpty();
  }

  @Test
  void onlyOneMayHoldIt() {
    assertThatThrownBy(() -> SampleLog.open(folder, QUEUE))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(folder + ": in use");
  }

  @Test
  void closedMeansClosed() {
    CompletableFuture<Appended> last = log.append(samples(0, 1), null).toCompletableFuture();
    log.close();
    assertThat(get(last).taken()).isEqualTo(1);
    assertFails(log.append(samples(1, 2), null)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void damageIsFound() throws IOException {
    append(0, 2000, null);
    log.close();
    Path wal;
    try (Stream<Path> files = Files.list(folder)) {
      wal = files.filter(file -> file.toString().endsWith(".log")).findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(wal);
    bytes[bytes.length / 2] ^= 1;
    Files.write(wal, bytes);
    assertThatThrownBy(() -> SampleLog.open(folder, QUEUE))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("the log of samples is damaged");
  }

  @Test
  void aFolderThatCantBeMadeIsSaid() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> SampleLog.open(file, QUEUE))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageStartingWith(file.toString());
  }
}
