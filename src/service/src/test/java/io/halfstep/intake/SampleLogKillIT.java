package io.halfstep.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.stream.javadsl.Sink;
import io.halfstep.source.RawSample;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Acknowledged samples are logged once and in order, in spite of kills, also if it is trimmed. */
class SampleLogKillIT {
  private static final int KILLS = 6;
  private static final int PRODUCERS = 4;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatWasAcknowledgedSurvives(boolean trims, @TempDir Path folder) throws Exception {
    Random random = new Random(5);
    Path logFolder = folder.resolve("log");
    Map<String, Long> acknowledged = new HashMap<>();
    for (int kill = 0; kill < KILLS; kill++) {
      Process process = start(folder, logFolder, trims);
      try (BufferedReader said =
          new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
        // a random number of acknowledgements, so that kills hit different places
        int lines = 1 + random.nextInt(400);
        String line = said.readLine();
        for (int i = 0; line != null; i++) {
          if (i == lines) {
            process.toHandle().destroyForcibly(); // its output can still be read
          }
          String[] words = line.split(" ", -1);
          if (words.length == 2 && words[1].endsWith(".")) { // not a truncated line
            long upTo = Long.parseLong(words[1].substring(0, words[1].length() - 1));
            acknowledged.merge(words[0], upTo, Math::max);
          }
          line = said.readLine();
        }
      }
      assertThat(process.waitFor()).isEqualTo(128 + 9);
    }
    assertThat(acknowledged).hasSize(PRODUCERS);
    try (SampleLog log = SampleLog.open(logFolder, 1 << 20)) {
      assertThat(log.first() > 0).isEqualTo(trims);
      check(log, acknowledged);
    }
  }

  private static Process start(Path folder, Path log, boolean trims) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m",
            "-XX:TieredStopAtLevel=1",
            "-Djava.io.tmpdir=" + folder, // the folder of the native library
            "-cp",
            System.getProperty("java.class.path"),
            Appender.class.getName(),
            log.toString(),
            Boolean.toString(trims))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** Each producer's samples are 0, 1, 2 …, the first of which may be trimmed. */
  private static void check(SampleLog log, Map<String, Long> acknowledged) throws Exception {
    ActorTestKit akka = ActorTestKit.create();
    try {
      long[] next = new long[PRODUCERS];
      Arrays.fill(next, log.first() == 0 ? 0 : -1);
      log.read(log.first(), CompletableFuture.completedFuture(log.size()))
          .runWith(
              Sink.foreach(
                  sample -> {
                    long[] value = (long[]) sample.inputs().get("x").data();
                    int producer = (int) value[0];
                    assertThat(value[1]).isEqualTo(next[producer] < 0 ? value[1] : next[producer]);
                    next[producer] = value[1] + 1;
                  }),
              akka.system())
          .toCompletableFuture()
          .get(20, SECONDS);
      long all = 0;
      for (int producer = 0; producer < PRODUCERS; producer++) {
        long position = log.position("p" + producer).orElseThrow();
        assertThat(position).isGreaterThanOrEqualTo(acknowledged.get("p" + producer));
        assertThat(next[producer]).isIn(position, -1L); // −1: all of its samples are trimmed
        all += position;
      }
      assertThat(all).isEqualTo(log.size());
    } finally {
      akka.shutdownTestKit();
    }
  }

  /** Appends at full speed, and prints {@code PRODUCER COUNT.} for each acknowledgement. */
  static final class Appender {
    public static void main(String[] args) {
      SampleLog log = SampleLog.open(Path.of(args[0]), 1 << 20);
      Deque<CompletableFuture<?>> waiting = new ArrayDeque<>();
      long[] next = new long[PRODUCERS];
      for (int producer = 0; producer < PRODUCERS; producer++) {
        // repeats samples whose state is unknown, and some that are stored
        next[producer] = Math.max(0, log.position("p" + producer).orElse(0) - 3);
      }
      Random random = new Random();
      boolean trims = Boolean.parseBoolean(args[1]);
      while (true) {
        if (trims && random.nextInt(10) == 0) {
          log.trim(Math.max(log.first(), log.size() - 50));
        }
        int producer = random.nextInt(PRODUCERS);
        int count = 1 + random.nextInt(8);
        long from = next[producer];
        next[producer] += count;
        waiting.add(
            log.append(samples(producer, from, count), new Origin("p" + producer, from))
                .thenAccept(
                    appended -> {
                      if (appended.taken() + appended.duplicates() != count) {
                        throw new AssertionError(appended);
                      }
                      System.out.println("p" + producer + " " + (from + count) + ".");
                    })
                .toCompletableFuture());
        if (waiting.size() > 16) {
          waiting.remove().join();
        }
      }
    }

    private static List<RawSample> samples(int producer, long from, int count) {
      return IntStream.range(0, count)
          .mapToObj(
              i -> {
                long[] value = new long[98];
                value[0] = producer;
                value[1] = from + i;
                return new RawSample(Map.of("x", Tensor.of(ElementType.INT64, value, 1, 98)));
              })
          .toList();
    }
  }
}
