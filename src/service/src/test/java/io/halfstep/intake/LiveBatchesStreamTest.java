package io.halfstep.intake;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.stream.javadsl.Sink;
import io.halfstep.source.Admission;
import io.halfstep.source.BatchReader;
import io.halfstep.source.Dataset;
import io.halfstep.source.ImageSpec;
import io.halfstep.source.InputPort;
import io.halfstep.source.LiveBatches;
import io.halfstep.source.Normalization;
import io.halfstep.source.Pairs;
import io.halfstep.source.RawSample;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NamedTensor;
import io.halfstep.tensor.Npy;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Npz;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Live batches equal those of the same samples in files. */
class LiveBatchesStreamTest {
  private static final ActorTestKit AKKA = ActorTestKit.create();
  private static final Path CALIBRATION = Path.of("src/examples/fashion-mnist/calibration.npz");
  private static final InputPort IMAGE =
      new InputPort("image", ElementType.FLOAT, new long[] {-1, 1, 28, 28});
  private static final Normalization NORMALIZATION =
      Normalization.parse("mean=0.2860,std=0.3530,scale=255");

  private final Path folder;
  private final SampleLog log;

  LiveBatchesStreamTest(@TempDir Path folder) {
    this.folder = folder;
    this.log = SampleLog.open(folder.resolve("log"), 1 << 24);
  }

  @AfterEach
  void close() {
    log.close();
  }

  @AfterAll
  static void stop() {
    AKKA.shutdownTestKit();
  }

  private void append(InputPort port, Normalization normalization, Tensor tensor) throws Exception {
    List<RawSample> samples =
        Admission.of(List.of(port), normalization)
            .admit(List.of(new NamedTensor(port.name(), tensor)));
    log.append(samples, null).toCompletableFuture().get(60, SECONDS);
  }

  private List<SampleBatch> live(
      InputPort port, Normalization normalization, int batch, long firstBatch) throws Exception {
    return live(port, normalization, null, batch, firstBatch);
  }

  private List<SampleBatch> live(
      InputPort port,
      Normalization normalization,
      @Nullable String mask,
      int batch,
      long firstBatch)
      throws Exception {
    return LiveBatches.from(
            from -> log.read(from, CompletableFuture.completedFuture(log.size())),
            List.of(port),
            normalization,
            mask,
            batch,
            0,
            firstBatch)
        .runWith(Sink.seq(), AKKA.system())
        .toCompletableFuture()
        .get(60, SECONDS);
  }

  private static List<SampleBatch> files(
      InputPort port, Normalization normalization, int batch, String... data) {
    return grouped(
        Dataset.open(List.of(data), List.of(port), normalization, ImageSpec.DEFAULT), batch);
  }

  private static List<SampleBatch> grouped(Dataset dataset, int batch) {
    try (BatchReader reader = dataset.grouped(batch, Dataset.ALL)) {
      return Pairs.all(reader);
    }
  }

  private static void assertSame(List<SampleBatch> live, List<SampleBatch> files) {
    assertThat(live).usingRecursiveComparison().isEqualTo(files);
    assertThat(files).isNotEmpty();
  }

  @Test
  void theBundledImagesAsBytesWithoutTheirChannelAxis() throws Exception {
    try (Npz npz = Npz.open(CALIBRATION);
        Npy images = npz.array("images")) {
      for (long left = images.shape()[0]; left > 0; left -= 256) {
        Tensor some = images.next((int) Math.min(left, 256));
        append(IMAGE, NORMALIZATION, some.reshape(some.dim(0), 28, 28));
      }
    }
    RawSample first =
        log.read(0, CompletableFuture.completedFuture(1L))
            .runWith(Sink.head(), AKKA.system())
            .toCompletableFuture()
            .get(60, SECONDS);
    assertThat(first.bytes()).isEqualTo(784);
    List<SampleBatch> files = files(IMAGE, NORMALIZATION, 100, CALIBRATION.toString());
    assertSame(live(IMAGE, NORMALIZATION, 100, 0), files);
    assertSame(live(IMAGE, NORMALIZATION, 100, 7), files.subList(7, files.size()));
    assertThat(live(IMAGE, NORMALIZATION, 100, files.size())).isEmpty();
  }

  @Test
  void samplesOfOneShapeShareABatch() throws Exception {
    InputPort port = new InputPort("x", ElementType.FLOAT, new long[] {-1, -1});
    List<String> data = new ArrayList<>();
    int[][] shapes = {{5, 2}, {1, 3}, {4, 3}, {1, 1}, {7, 2}};
    for (int i = 0; i < shapes.length; i++) {
      int rows = shapes[i][0];
      int columns = shapes[i][1];
      float[] values = new float[rows * columns];
      for (int k = 0; k < values.length; k++) {
        values[k] = 100 * i + k;
      }
      Tensor tensor = Tensor.of(values, rows, columns);
      append(port, Normalization.NONE, tensor);
      data.add(NpyFiles.write(folder.resolve(i + ".npy"), tensor).toString());
    }
    List<SampleBatch> files = files(port, Normalization.NONE, 3, data.toArray(String[]::new));
    assertThat(files).extracting(SampleBatch::samples).containsExactly(3, 2, 1, 3, 3, 1, 3, 2);
    for (int first = 0; first <= files.size(); first++) {
      List<SampleBatch> live = live(port, Normalization.NONE, 3, first);
      assertThat(live).usingRecursiveComparison().isEqualTo(files.subList(first, files.size()));
    }
  }

  @Test
  void masksArePaddedAlike() throws Exception {
    InputPort port = new InputPort("m", ElementType.INT64, new long[] {-1, -1});
    List<String> data = new ArrayList<>();
    for (int length : new int[] {2, 5, 1, 3, 3, 4, 1}) {
      long[] ones = new long[length];
      Arrays.fill(ones, 1);
      Tensor tensor = Tensor.of(ElementType.INT64, ones, 1, length);
      append(port, Normalization.NONE, tensor);
      data.add(NpyFiles.write(folder.resolve(data.size() + ".npy"), tensor).toString());
    }
    Dataset dataset = Dataset.open(data, List.of(port), Normalization.NONE, ImageSpec.DEFAULT, "m");
    List<SampleBatch> files = grouped(dataset, 3);
    assertThat(files).extracting(SampleBatch::samples).containsExactly(3, 3, 1);
    assertThat(files).extracting(batch -> batch.input("m").dim(1)).containsExactly(2L, 4L, 5L);
    assertSame(live(port, Normalization.NONE, "m", 3, 0), files);
    assertSame(live(port, Normalization.NONE, "m", 3, 1), files.subList(1, 3));
  }

  @Test
  void aFixedBatchSizeIsKept() throws Exception {
    InputPort port = new InputPort("x", ElementType.FLOAT, new long[] {4, 2});
    Tensor tensor = Pairs.pairs(0, 10);
    append(port, Normalization.NONE, tensor);
    String file = NpyFiles.write(folder.resolve("x.npy"), tensor).toString();
    List<SampleBatch> files = files(port, Normalization.NONE, 3, file);
    assertThat(files).extracting(SampleBatch::samples).containsExactly(4, 4);
    assertSame(live(port, Normalization.NONE, 3, 0), files);
    assertSame(live(port, Normalization.NONE, 3, 1), files.subList(1, 2));
  }
}
