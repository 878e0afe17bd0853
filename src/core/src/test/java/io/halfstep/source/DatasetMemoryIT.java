package io.halfstep.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import java.io.BufferedOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads 20 000 images, 82 MB as bytes and 328 MB as floats, in a process with a heap of 24 MB. */
class DatasetMemoryIT {
  private static final int SAMPLES = 20_000;
  private static final int SIDE = 64;

  @Test
  void aSetLargerThanTheHeapIsRead(@TempDir Path folder) throws Exception {
    Path archive = folder.resolve("large.npz");
    try (ZipOutputStream zip =
        new ZipOutputStream(new BufferedOutputStream(Files.newOutputStream(archive)))) {
      zip.setLevel(Deflater.BEST_SPEED);
      NpyFiles.begin(zip, "x", "|u1", SAMPLES, 1, SIDE, SIDE);
      byte[] sample = new byte[SIDE * SIDE];
      for (int i = 0; i < SAMPLES; i++) {
        sample[i % sample.length]++;
        zip.write(sample);
      }
    }
    Process reader =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx24m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Reader.class.getName(),
                archive.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(reader.getInputStream().readAllBytes(), UTF_8);
    assertThat(said).isEqualTo("20000 samples, sum 200010000\n");
    assertThat(reader.waitFor()).isZero();
  }

  static final class Reader {
    public static void main(String[] args) {
      InputPort port = new InputPort("x", ElementType.FLOAT, new long[] {-1, 1, SIDE, SIDE});
      Dataset dataset =
          Dataset.open(List.of(args), List.of(port), Normalization.NONE, ImageSpec.DEFAULT);
      long samples = 0;
      double sum = 0;
      try (BatchReader batches = dataset.batches(32, Dataset.ALL)) {
        for (SampleBatch b = batches.next(); b != null; b = batches.next()) {
          samples += b.samples();
          for (float x : b.input("x").floats()) {
            sum += x;
          }
        }
      }
      System.out.printf("%d samples, sum %.0f%n", samples, sum);
    }
  }
}
