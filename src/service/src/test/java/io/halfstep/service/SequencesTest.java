package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.Quantization;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.DataSettings;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NamedTensor;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs for sequences of different lengths, and what they note about samples. */
class SequencesTest {
  private static final int SAMPLES = 20;
  private static final int CHANNELS = 4;
  private static final String PIXELS =
      "input 'x': the samples are whole numbers from 0 to 255, as images are";

  @TempDir private Path folder;

  private static OnnxGraphs network() {
    return OnnxGraphs.opset(13)
        .input("x", -1, -1, CHANNELS)
        .input("m", ElementType.INT64, -1, -1)
        .weight("w", CHANNELS, 3)
        .node("MatMul", "y", List.of("x", "w"))
        .node("Cast", "real", List.of("m"), OnnxGraphs.integer("to", 1))
        .output("y")
        .output("real");
  }

  /** Sequences of whole numbers from 0 to 255. */
  private static List<Map<String, Tensor>> sequences() {
    Random random = new Random(4);
    List<Map<String, Tensor>> sequences = new ArrayList<>();
    for (int i = 0; i < SAMPLES; i++) {
      int length = 1 + random.nextInt(9);
      float[] x = new float[length * CHANNELS];
      for (int k = 0; k < x.length; k++) {
        x[k] = random.nextInt(256);
      }
      long[] ones = new long[length];
      Arrays.fill(ones, 1);
      sequences.add(
          Map.of(
              "x",
              Tensor.of(x, 1, length, CHANNELS),
              "m",
              Tensor.of(ElementType.INT64, ones, 1, length)));
    }
    return sequences;
  }

  private static void feed(LocalService service, String id) throws InterruptedException {
    service.await(id, view -> service.job(id).intake() != null);
    for (Map<String, Tensor> sequence : sequences()) {
      List<NamedTensor> tensors =
          sequence.entrySet().stream()
              .map(input -> new NamedTensor(input.getKey(), input.getValue()))
              .toList();
      LocalService.done(
          service.job(id).intake().offer(admission -> admission.admit(tensors), 1, null));
    }
  }

  @Test
  void liveSequencesArePaddedAsThoseInFiles() throws Exception {
    byte[] live;
    try (LocalService service = LocalService.start(folder.resolve("state"))) {
      String id = service.submit(network(), "batch = 8, mask = m", "net", SAMPLES, 1);
      feed(service, id);
      service.awaitCompleted(id);
      live = service.model(id, 1);
      Path report = service.service().published(service.job(id), 1, "report.html").orElseThrow();
      assertThat(report).content().contains("positions were padding, left out");
    }
    Path model = folder.resolve("net.onnx");
    network().write(model);
    Path out = folder.resolve("out.onnx");
    List<String> files = new ArrayList<>();
    for (Map<String, Tensor> sequence : sequences()) {
      Path file = folder.resolve("%02d.npz".formatted(files.size()));
      files.add(NpyFiles.write(file, sequence).toString());
    }
    DataSettings data = DataSettings.NONE.withFiles(files).withBatch(8).withMask("m");
    Quantization.of(model).data(data).run().write(out);
    assertThat(live).isEqualTo(Files.readAllBytes(out));
  }

  @Test
  void aMaskThatIsNoneIsRefused() {
    try (LocalService service = LocalService.start(folder.resolve("state"))) {
      assertThatThrownBy(() -> service.submit(network(), "mask = n", "net", SAMPLES, 1))
          .hasCauseInstanceOf(InvalidInputException.class)
          .hasMessageContaining("mask n: the model has no such input, only x, m");
    }
  }

  @Test
  void doubtsAboutSamplesAreNotedAndStay() throws Exception {
    String id;
    try (LocalService service = LocalService.start(folder.resolve("state"))) {
      id = service.submit(network(), "batch = 4", "net", SAMPLES, 2);
      feed(service, id);
      service.await(id, view -> !view.versions().isEmpty());
      assertNoted(service, id);
      feed(service, id);
      service.awaitCompleted(id);
    }
    try (LocalService service = LocalService.start(folder.resolve("state"))) {
      assertNoted(service, id);
      Path version = service.service().published(service.job(id), 1, "summary.json").orElseThrow();
      assertThat(version).content().contains(PIXELS);
      assertThat(version.resolveSibling("report.html")).content().contains("whole numbers from 0");
    }
  }

  @Test
  void theVersionUnderWayHasItsOwnNotes() throws Exception {
    try (LocalService service = LocalService.start(folder.resolve("state"))) {
      String id = service.submit(network(), "batch = 1, mask = m", "net", 2 * SAMPLES, 1);
      feed(service, id);
      service.await(id, view -> !view.notes().isEmpty());
      assertThat(JobView.of(service.job(id)).notes()).singleElement().asString().contains(PIXELS);
      feed(service, id);
      service.awaitCompleted(id);
      assertThat(JobView.of(service.job(id)).notes()).isEmpty();
    }
  }

  private static void assertNoted(LocalService service, String id) {
    List<String> notes = JobView.of(service.job(id)).versions().get(0).notes();
    assertThat(notes).hasSize(2);
    assertThat(notes.get(0)).startsWith(PIXELS).contains("normalize mean=");
    assertThat(notes.get(1)).startsWith("only 20 samples");
  }
}
