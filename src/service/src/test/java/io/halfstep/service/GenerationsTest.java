package io.halfstep.service;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.file.Sha256;
import io.halfstep.service.journal.Job;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job that publishes versions from an unending stream. */
class GenerationsTest {
  private static final int SAMPLES = 64;
  private static final int VALIDATED = 16;

  @TempDir Path folder;
  private LocalService service;
  private int fed;

  @BeforeEach
  void start() {
    service = LocalService.start(LocalService.settings(folder).with("publish.samples", VALIDATED));
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private void feed(String id, int samples, float factor) throws InterruptedException {
    service.await(id, view -> service.job(id).intake() != null);
    for (int left = samples; left > 0; ) {
      int taken = LocalService.feed(service.job(id), fed, left, factor, null).taken();
      fed += taken;
      left -= taken;
      Thread.sleep(20); // until there is room for more
    }
  }

  private Job job(String id) {
    return service.job(id).job();
  }

  private double drift(String id) {
    return service.job(id).drift().share();
  }

  @Test
  void aVersionFromNoiseIsNotPublished() throws Exception {
    String id = service.submitUnending("net", SAMPLES, 0);
    feed(id, SAMPLES, 1);
    service.await(id, view -> view.versions().size() == 1);
    byte[] first = service.model(id, 1);

    feed(id, SAMPLES, 1000);
    feed(id, VALIDATED, 1);
    service.await(id, view -> view.rejected() != null);

    JobView view = JobView.of(service.job(id));
    assertThat(view.versions()).hasSize(1);
    assertThat(view.current()).isEqualTo(1);
    assertThat(requireNonNull(view.rejected()).decibels())
        .isLessThan(requireNonNull(view.rejected()).current() - 10);
    assertThat(drift(id)).isGreaterThan(1);

    feed(id, SAMPLES - VALIDATED, 1);
    feed(id, VALIDATED, 1);
    service.await(id, now -> now.versions().size() == 2);
    assertThat(service.model(id, 1)).isEqualTo(first);
    assertThat(drift(id)).isLessThan(0.5); // from the statistics of version 1, not of the noise
    assertThat(service.job(id).drift().drifting()).isFalse();
  }

  @Test
  void aVersionFromSamplesThatChangeForGoodIsPublished() throws Exception {
    String id = service.submitUnending("net", SAMPLES, 0);
    feed(id, SAMPLES, 1);
    service.await(id, view -> view.versions().size() == 1);

    feed(id, SAMPLES, 5);
    feed(id, VALIDATED, 5);

    service.await(id, view -> view.versions().size() == 2);
    assertThat(job(id).current()).isEqualTo(2);
    assertThat(service.job(id).drift().drifting()).isTrue();
  }

  @Test
  void earlierSamplesCountAndTheirStatisticsAreKeptForOneVersion() throws Exception {
    String id = service.submitUnending("net", SAMPLES, 0);
    for (int version = 1; version <= 3; version++) {
      int wanted = version;
      feed(id, SAMPLES, 1);
      if (version == 2) {
        feed(id, VALIDATED, 1); // the first of the third version's
      }
      service.await(id, view -> view.versions().size() == wanted);
    }
    Path statistics = service.job(id).folder().statistics(3).getParent();
    service.await(
        id, view -> names(statistics).stream().allMatch(name -> name.compareTo("3") >= 0));
    assertThat(names(statistics)).contains("3");
    assertThat(names(statistics.resolve("3"))).contains("1-y.moments", "1-y.rounded");
    Path third = service.service().published(service.job(id), 3, "summary.json").orElseThrow();
    JsonNode made = new ObjectMapper().readTree(third.toFile()).path("provenance");
    assertThat(made.path("firstSample").asLong()).isEqualTo(2 * SAMPLES);
    assertThat(made.path("endSample").asLong()).isEqualTo(3 * SAMPLES);
    assertThat(made.path("statisticsOf").asInt()).isEqualTo(2);
    assertThat(made.path("halfLife").asLong()).isEqualTo(2 * SAMPLES);
    assertThat(made.path("modelSha256").asText())
        .isEqualTo(Sha256.of(service.job(id).folder().root().resolve("model/net.onnx")));
    assertThat(made.path("samplesSha256").asText()).hasSize(64);
  }

  private static List<String> names(Path of) {
    String[] names = of.toFile().list();
    return names == null ? List.of() : Arrays.stream(names).sorted().toList();
  }

  @Test
  void aVersionIsSealedAfterSomeTime() throws Exception {
    String id = service.submitUnending("net", SAMPLES, 1);
    feed(id, 20, 1);

    service.await(id, view -> view.versions().size() == 1);

    assertThat(job(id).versions().get(0).samples()).isEqualTo(20);
  }

  @Test
  void aPublicationThatWaitsForSamplesDoesNotHoldUpTheService() throws Exception {
    String id = service.submitUnending("net", SAMPLES, 0);
    feed(id, SAMPLES, 1);
    service.await(id, view -> view.versions().size() == 1);
    feed(id, SAMPLES, 1);
    Path staged = folder.resolve("jobs/net-1/versions/.2.partial/summary.json");
    service.await(id, view -> Files.exists(staged));

    long start = System.nanoTime();
    service.close();
    assertThat((System.nanoTime() - start) / 1e9).isLessThan(30);

    service = LocalService.start(LocalService.settings(folder).with("publish.wait", "0 s"));
    service.await(id, view -> view.versions().size() == 2);
  }
}
