package io.halfstep.service;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.model.OnnxGraphs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The next version of a job is calibrated while the one before is under way. */
class VersionsAtOnceTest {
  private static final int SAMPLES = 64;
  private static final int VALIDATED = 16;
  private static final String SLOW = "batch = 8, rounding = adaround";

  @TempDir Path folder;
  private boolean overlapped;

  private static OnnxGraphs network() {
    return OnnxGraphs.opset(13)
        .input("x", -1, 4, 6, 6)
        .weight("v", 8, 4, 3, 3)
        .node("Conv", "h", List.of("x", "v"))
        .node("Relu", "r", List.of("h"))
        .weight("w", 5, 8, 3, 3)
        .node("Conv", "y", List.of("r", "w"))
        .output("y");
  }

  private LocalService start(int atOnce) {
    return LocalService.start(
        LocalService.settings(folder.resolve(Integer.toString(atOnce)))
            .with("publish.samples", VALIDATED)
            .with("jobs.versions-at-once", atOnce));
  }

  /** Feeds parts of a version's size, each of normal noise times a factor. */
  private void feed(LocalService service, String id, float... factors) throws Exception {
    feedFrom(service, id, 0, factors);
  }

  private void feedFrom(LocalService service, String id, int from, float... factors)
      throws Exception {
    service.await(id, view -> service.job(id).intake() != null);
    int fed = from;
    for (float factor : factors) {
      int end = fed + SAMPLES;
      while (fed < end) {
        fed += LocalService.feed(service.job(id), fed, end - fed, factor, null).taken();
        overlapped |= service.job(id).ahead() != null;
        Thread.sleep(5); // until there is room for more
      }
    }
  }

  /** Returns the published models, after parts with these factors. */
  private List<byte[]> models(int atOnce, int versions, boolean rejected, float... factors)
      throws Exception {
    List<byte[]> models = new ArrayList<>();
    try (LocalService service = start(atOnce)) {
      String id = service.submit(network(), SLOW, "net", SAMPLES, 0);
      feed(service, id, factors);
      service.await(id, view -> view.versions().size() == versions);
      for (int version = 1; version <= versions; version++) {
        models.add(service.model(id, version));
      }
      if (rejected) {
        assertThat(requireNonNull(JobView.of(service.job(id)).rejected()).samples())
            .isEqualTo(SAMPLES);
      }
    }
    return models;
  }

  @Test
  void modelsAreThoseOfOneVersionAfterTheOther() throws Exception {
    float[] parts = {1, 2, 1, 3, 1};

    List<byte[]> together = models(2, 4, false, parts);

    assertThat(overlapped).isTrue();
    overlapped = false;
    assertThat(together).containsExactlyElementsOf(models(1, 4, false, parts));
    assertThat(overlapped).isFalse();
  }

  /** The second part is noise; the third has begun by then, and begins again without it. */
  @Test
  void aVersionThatFollowsOneFromNoiseStartsAgain() throws Exception {
    float[] parts = {1, 1000, 1, 1};

    List<byte[]> together = models(2, 2, true, parts);

    assertThat(overlapped).isTrue();
    assertThat(together).containsExactlyElementsOf(models(1, 2, true, parts));
  }

  @Test
  void bothGoOnAfterAPauseAndARestart() throws Exception {
    String id;
    try (LocalService service = start(2)) {
      id = service.submit(network(), SLOW, "net", SAMPLES, 3);
      feed(service, id, 1, 2);
      service.await(id, view -> view.ahead() != null);
      LocalService.done(service.service().pause(id));
      LocalService.done(service.service().resume(id));
    }
    try (LocalService interrupted = start(2);
        LocalService reference = start(1)) {
      interrupted.await(id, view -> interrupted.job(id).intake() != null);
      feedFrom(interrupted, id, 2 * SAMPLES, 3);
      interrupted.awaitCompleted(id);
      String other = reference.submit(network(), SLOW, "net", SAMPLES, 3);
      feed(reference, other, 1, 2, 3);
      reference.awaitCompleted(other);
      for (int version = 1; version <= 3; version++) {
        assertThat(interrupted.model(id, version)).isEqualTo(reference.model(other, version));
      }
    }
  }
}
