package io.halfstep.intake;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.stream.javadsl.Sink;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.source.RawSample;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleLogTrimTest {
  private static final ActorTestKit AKKA = ActorTestKit.create();
  private static final int QUEUE = 1 << 20;

  private final Path folder;
  private SampleLog log;

  SampleLogTrimTest(@TempDir Path folder) {
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

  private void append(int from, int to) {
    log.append(SampleLogTest.samples(from, to), new Origin("p", from))
        .toCompletableFuture()
        .orTimeout(60, SECONDS)
        .join();
  }

  private List<Integer> read(long from) throws Exception {
    return log.read(from, CompletableFuture.completedFuture(log.size()))
        .map(sample -> (int) sample.inputs().get("x").floats()[0])
        .runWith(Sink.seq(), AKKA.system())
        .toCompletableFuture()
        .get(60, SECONDS);
  }

  private static List<Integer> numbers(int from, int to) {
    return IntStream.range(from, to).boxed().toList();
  }

  @Test
  void laterSamplesKeepTheirNumbers() throws Exception {
    append(0, 10);
    log.trim(4);
    assertThat(read(4)).isEqualTo(numbers(4, 10));
    reopen();
    assertThat(log.first()).isEqualTo(4);
    assertThat(log.size()).isEqualTo(10);
    assertThat(read(4)).isEqualTo(numbers(4, 10));
  }

  @Test
  void numbersAndPositionsGoOnAfterAllSamplesAreTrimmed() throws Exception {
    byte[] noise = new byte[1 << 16];
    new Random(1).nextBytes(noise);
    RawSample large =
        new RawSample(Map.of("x", Tensor.decode(ElementType.UINT8, buffer(noise), 1, 1 << 16)));
    for (int i = 0; i < 400; i++) { // 26 MB, so that files are deleted
      log.append(List.of(large), new Origin("p", i)).toCompletableFuture().join();
    }
    log.trim(400);
    reopen();
    assertThat(log.size()).isEqualTo(400);
    assertThat(log.first()).isEqualTo(400);
    assertThat(log.position("p")).hasValue(400);
    append(399, 402); // the first of these was stored before
    assertThat(log.size()).isEqualTo(402);
    assertThat(read(400)).containsExactly(400, 401);
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes);
  }

  @Test
  void readingWhatIsTrimmedIsAnError() {
    append(0, 10);
    log.trim(4);
    assertThatThrownBy(() -> read(3))
        .hasCauseInstanceOf(InvalidInputException.class)
        .hasMessageContaining(folder + ": sample 3 is trimmed, expected 4 or more");
  }

  @Test
  void whatDoesNotExistYetIsNotTrimmed() {
    append(0, 3);
    assertThatThrownBy(() -> log.trim(4))
        .hasMessageContaining("before number 4, expected at most 3");
    log.trim(3);
    log.trim(2);
    assertThat(log.first()).isEqualTo(3);
  }

  /** 200 MB through a window of 8 MB, of which at most two are there. */
  @Test
  void theDiskStaysBounded() {
    int window = 128;
    Random random = new Random(1);
    byte[] noise = new byte[1 << 16]; // does not compress
    List<Long> sizes = new ArrayList<>();
    for (int i = 0; i < 25 * window; i += 4) {
      List<RawSample> samples = new ArrayList<>();
      for (int k = 0; k < 4; k++) {
        random.nextBytes(noise);
        samples.add(
            new RawSample(
                Map.of("x", Tensor.decode(ElementType.UINT8, buffer(noise.clone()), 1, 1 << 16))));
      }
      log.append(samples, Origin.offset("kafka/t/0", i)).toCompletableFuture().join();
      if (i % window == 0) {
        log.trim(Math.max(0, i - window));
        sizes.add(log.bytes());
      }
    }
    assertThat(sizes).allMatch(bytes -> bytes < SampleLog.OVERHEAD + 2L * window * (1 << 16));
    assertThat(log.position("kafka/t/0")).hasValue(25 * window - 3);
  }
}
