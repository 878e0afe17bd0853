package io.halfstep.intake;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.stream.javadsl.Sink;
import io.halfstep.source.RawSample;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Uses a full disk, if the system allows mounting one. */
@EnabledOnOs(OS.LINUX)
class SampleLogFullDiskIT {
  private static final int FLOATS = 64 << 10;

  @Test
  void appendingStopsAndGoesOn(@TempDir Path folder) throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        command("mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", disk.toString()),
        "may not mount a file system");
    ActorTestKit akka = ActorTestKit.create();
    try (SampleLog log = SampleLog.open(disk.resolve("log"), 1 << 24)) {
      log.reserve(0);
      Path others = disk.resolve("others");
      Files.write(others, new byte[72 << 20]);
      long stored = fill(log);
      assertThat(stored).isPositive();
      assertThat(read(log, stored, akka)).isEqualTo(stored);

      Files.delete(others);
      assertThat(append(log, stored).first()).isEqualTo(stored);
      assertThat(log.size()).isEqualTo(stored + 1);
      assertThat(read(log, stored + 1, akka)).isEqualTo(stored + 1);
    } finally {
      akka.shutdownTestKit();
      command("umount", disk.toString());
    }
  }

  private static boolean command(String... words) throws IOException, InterruptedException {
    return new ProcessBuilder(words).redirectErrorStream(true).start().waitFor() == 0;
  }

  private static Appended append(SampleLog log, long number) throws Exception {
    float[] values = new float[FLOATS];
    Random random = new Random(number);
    for (int i = 0; i < FLOATS; i++) {
      values[i] = random.nextFloat();
    }
    values[0] = number;
    Tensor tensor = Tensor.of(ElementType.FLOAT, values, 1, FLOATS);
    return log.append(List.of(new RawSample(Map.of("x", tensor))), null)
        .toCompletableFuture()
        .get(60, SECONDS);
  }

  private static long fill(SampleLog log) throws Exception {
    for (long number = 0; number < 1000; number++) {
      try {
        append(log, number);
      } catch (ExecutionException e) {
        assertThat(e).hasCauseInstanceOf(StorageFullException.class);
        return number;
      }
    }
    return fail("the disk takes more than it has");
  }

  /** Reads the samples and checks that they are 0, 1, 2 … */
  private static long read(SampleLog log, long end, ActorTestKit akka) throws Exception {
    return log.read(0, CompletableFuture.completedFuture(end))
        .map(sample -> (long) sample.inputs().get("x").floats()[0])
        .runWith(
            Sink.fold(
                0L,
                (count, value) -> {
                  assertThat(value).isEqualTo(count);
                  return count + 1;
                }),
            akka.system())
        .toCompletableFuture()
        .get(60, SECONDS);
  }
}
