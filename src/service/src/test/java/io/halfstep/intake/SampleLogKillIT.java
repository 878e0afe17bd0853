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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Acknowledged samples are logged once and in order, in spite of kills. */
class SampleLogKillIT {
  private static final int KILLS = 6;
  private static final int PRODUCERS = 4;

  @Test
  void whatWasAcknowledgedSurvives(@TempDir Path folder) throws Exception {
    Random random = new Random(5);
    Path logFolder = folder.resolve("log");
    Map<String, Long> acknowledged = new HashMap<>();
    for (int kill = 0; kill < KILLS; kill++) {
      Process process = start(folder, logFolder);
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
      check(log, acknowledged);
    }
  }

  private static Process start(Path folder, Path log) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m",
            "-XX:TieredStopAtLevel=1",
            "-Djava.io.tmpdir=" + folder, // the folder of the native library
            "-cp",
            System.getProperty("java.class.path"),
            Appender.class.getName(),
            log.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** Each producer's samples are 0, 1, 2 … */
  private static void check(SampleLog log, Map<String, Long> acknowledged) throws Exception {
    ActorTestKit akka = ActorTestKit.create();
    try {
      long[] next = new long[PRODUCERS];
      log.read(0, CompletableFuture.completedFuture(log.size()))
          .runWith(
              Sink.foreach(
                  sample -> {
                    long[] value = (long[]) sample.inputs().get("x").data();
                    assertThat(value[1]).isEqualTo(next[(int) value[0]]++);
                  }),
              akka.system())
          .toCompletableFuture()
          .get(20, SECONDS);
      for (int producer = 0; producer < PRODUCERS; producer++) {
        assertThat(next[producer]).isGreaterThanOrEqualTo(acknowledged.get("p" + producer));
        assertThat(log.position("p" + producer)).hasValue(next[producer]);
      }
      assertThat(Arrays.stream(next).sum()).isEqualTo(log.size());
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
      while (true) {
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
