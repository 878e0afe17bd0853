package io.halfstep.intake;

import io.halfstep.source.RawSample;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * Samples per second that a log takes from producers that each wait for acknowledgement. Prints a
 * line of JSON for each size of request: {@code SampleLogBench FOLDER [SECONDS]}.
 */
final class SampleLogBench {
  private static final int PRODUCERS = 16;

  private SampleLogBench() {}

  public static void main(String[] args) throws Exception {
    long seconds = args.length > 1 ? Long.parseLong(args[1]) : 5;
    for (int[] setting : new int[][] {{784, 1}, {784, 32}, {150_528, 1}}) {
      Path folder = Files.createTempDirectory(Path.of(args[0]), "log");
      try (SampleLog log = SampleLog.open(folder, 64 << 20)) {
        run(log, setting[0], setting[1], 1);
        run(log, setting[0], setting[1], seconds);
      }
    }
  }

  private static void run(SampleLog log, int bytes, int request, long seconds) throws Exception {
    RawSample sample =
        new RawSample(Map.of("x", Tensor.of(ElementType.UINT8, new byte[bytes], 1, bytes)));
    List<RawSample> samples = IntStream.range(0, request).mapToObj(i -> sample).toList();
    AtomicLong taken = new AtomicLong();
    long begin = System.nanoTime();
    long[][] latencies = new long[PRODUCERS][];
    Thread[] producers = new Thread[PRODUCERS];
    for (int p = 0; p < PRODUCERS; p++) {
      int producer = p;
      producers[p] =
          new Thread(
              () -> {
                long[] own = new long[1 << 20];
                int count = 0;
                long now = System.nanoTime();
                while (now - begin < seconds * 1_000_000_000L && count < own.length) {
                  taken.addAndGet(log.append(samples, null).toCompletableFuture().join().taken());
                  long then = System.nanoTime();
                  own[count++] = then - now;
                  now = then;
                }
                latencies[producer] = Arrays.copyOf(own, count);
              });
      producers[p].start();
    }
    for (Thread producer : producers) {
      producer.join();
    }
    double took = (System.nanoTime() - begin) / 1e9;
    long[] all = Arrays.stream(latencies).flatMapToLong(Arrays::stream).sorted().toArray();
    System.out.printf(
        "{\"bytes\":%d,\"request\":%d,\"samples_per_second\":%.0f,\"p50_ms\":%.2f,\"p99_ms\":%.2f}%n",
        bytes,
        request,
        taken.get() / took,
        all[all.length / 2] / 1e6,
        all[all.length * 99 / 100] / 1e6);
  }
}
