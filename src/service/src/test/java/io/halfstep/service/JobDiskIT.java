package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.file.FolderSize;
import io.halfstep.intake.SampleLog;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NamedTensor;
import io.halfstep.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A stream many times larger than the disk that a job may take goes through it. The long form is
 * {@code src/bench/forever.sh}.
 */
class JobDiskIT {
  private static final int PIXELS = 512 * 512;
  private static final int SAMPLES = 8;
  private static final int VERSIONS = 40;
  private static final int KEEP = 2;
  private static final long WINDOW = SAMPLES * PIXELS * 4L;

  private final Random random = new Random(1);

  @Test
  void theDiskOfAnUnendingJobIsBounded(@TempDir Path folder) throws Exception {
    ServiceSettings settings =
        LocalService.settings(folder.resolve("state"))
            .with("jobs.keep-versions", KEEP)
            .with("publish.wait", "0 s");
    List<Long> disk = new ArrayList<>();
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
      for (int i = 1; i <= VERSIONS; i++) {
        int newest = i;
        feed(job);
        service.await(id, view -> job.job().newestVersion() == newest);
        disk.add(job.diskBytes());
      }
      version = FolderSize.of(job.folder().version(VERSIONS));
    }
    long bound = WINDOW + SampleLog.OVERHEAD + (KEEP + 2) * version + (1 << 20);
    assertThat(VERSIONS * WINDOW).isGreaterThan(4 * bound);
    assertThat(disk).allMatch(bytes -> bytes < bound);
    assertThat(Files.size(folder.resolve("state/journal.mv.db"))).isLessThan(16 << 20);
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
