package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import io.halfstep.file.FolderSize;
import io.halfstep.intake.SampleLog;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NamedTensor;
import io.halfstep.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A stream many times larger than the disk that a job may take goes through it, and neither disk
 * nor memory, threads and open files grow. The long form is {@code src/bench/forever.sh}.
 */
class JobDiskIT {
  private static final int PIXELS = 512 * 512;
  private static final int SAMPLES = 8;
  private static final int VERSIONS = 48;
  private static final int KEEP = 2;
  private static final long WINDOW = SAMPLES * PIXELS * 4L;

  private final Random random = new Random(1);

  /** What the process holds, after a collection: all bytes, threads, and open files. */
  private record Held(long heap, long matrices, int threads, long files) {
    static Held now() {
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      UnixOperatingSystemMXBean system =
          (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
      return new Held(
          runtime.totalMemory() - runtime.freeMemory(),
          Pointer.totalBytes(),
          ManagementFactory.getThreadMXBean().getThreadCount(),
          system.getOpenFileDescriptorCount());
    }
  }

  @Test
  void whatAnUnendingJobTakesIsBounded(@TempDir Path folder) throws Exception {
    ServiceSettings settings =
        LocalService.settings(folder.resolve("state"))
            .with("jobs.keep-versions", KEEP)
            .with("publish.wait", "0 s");
    List<Long> disk = new ArrayList<>();
    List<Held> held = new ArrayList<>();
    long version;
    try (LocalService service = LocalService.start(settings)) {
      OnnxGraphs network =
          OnnxGraphs.opset(13)
              .input("x", -1, 1, 512, 512)
              .weight("w", 2, 1, 1, 1)
              .node("Conv", "c", List.of("x", "w"))
              .node("GlobalAveragePool", "y", List.of("c"))
              .output("y");
      String id = service.submit(network, "batch = 8", "net", SAMPLES, 0);
      LiveJob job = service.job(id);
      service.await(id, view -> job.intake() != null);
      feed(job);
      for (int i = 1; i <= VERSIONS; i++) {
        int newest = i;
        feed(job); // of the next version, which begins with the first
        service.await(id, view -> job.job().newestVersion() >= newest);
        disk.add(job.diskBytes());
        held.add(Held.now());
      }
      version = FolderSize.of(job.folder().version(VERSIONS));
    }
    long bound = 2 * WINDOW + SampleLog.OVERHEAD + (KEEP + 2) * version + (1 << 20);
    assertThat(VERSIONS * WINDOW).isGreaterThan(4 * bound);
    assertThat(disk).allMatch(bytes -> bytes < bound);
    assertThat(Files.size(folder.resolve("state/journal.mv.db"))).isLessThan(16 << 20);
    List<Held> earlier = held.subList(VERSIONS / 4, VERSIONS / 2);
    List<Held> later = held.subList(3 * VERSIONS / 4, VERSIONS);
    // Batches of one or two versions are in work; the least heap has the fewest of them.
    assertThat(leastHeap(later)).isLessThan(leastHeap(earlier) + WINDOW);
    Held early = most(earlier);
    Held late = most(later);
    assertThat(late.matrices()).isLessThan(early.matrices() + (1 << 20));
    assertThat(late.threads()).isLessThan(early.threads() + 4);
    assertThat(late.files()).isLessThan(early.files() + 4);
  }

  private static long leastHeap(List<Held> held) {
    return held.stream().mapToLong(Held::heap).min().orElseThrow();
  }

  private static Held most(List<Held> held) {
    return new Held(
        held.stream().mapToLong(Held::heap).max().orElseThrow(),
        held.stream().mapToLong(Held::matrices).max().orElseThrow(),
        held.stream().mapToInt(Held::threads).max().orElseThrow(),
        held.stream().mapToLong(Held::files).max().orElseThrow());
  }

  /** Feeds a window of noise, which can't be compressed. */
  private void feed(LiveJob job) {
    for (int i = 0; i < SAMPLES; i++) {
      float[] noise = new float[PIXELS];
      for (int k = 0; k < PIXELS; k++) {
        noise[k] = random.nextFloat();
      }
      Tensor image = Tensor.of(ElementType.FLOAT, noise, new long[] {1, 1, 512, 512});
      LocalService.done(
          job.intake()
              .offer(admission -> admission.admit(List.of(new NamedTensor("x", image))), 1, null));
    }
  }
}
