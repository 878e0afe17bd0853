package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.source.Origin;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NamedTensor;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs of a service within this process, on a small network. */
class JobsTest {
  private static final int PIXELS = 4 * 6 * 6;

  private final Path folder;
  private Service service;

  JobsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void start() {
    service =
        Service.start(
            ServiceSettings.read(null).with("state", folder.resolve("state").toString()),
            (body, headers, admission) -> List.of());
  }

  @AfterEach
  void end() {
    service.close();
  }

  private String submit(String name, long samples, int versions) throws IOException {
    Path staged = service.stage();
    Files.createDirectory(staged.resolve("model"));
    OnnxGraphs.opset(13)
        .input("x", -1, 4, 6, 6)
        .weight("w", 5, 4, 3, 3)
        .node("Conv", "a", List.of("x", "w"))
        .node("Relu", "r", List.of("a"))
        .weight("v", 3, 5, 3, 3)
        .node("Conv", "y", List.of("r", "v"))
        .output("y")
        .write(staged.resolve("model/net.onnx"));
    Files.writeString(staged.resolve("plan.conf"), "batch = 8");
    return done(service.submit(
            new Submission(name, staged, "model/net.onnx", samples, 1, null, null, versions)))
        .id();
  }

  private static <T> T done(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private LiveJob job(String id) {
    return service.board().job(id).orElseThrow();
  }

  private JobView await(String id, Predicate<JobView> what) throws InterruptedException {
    Instant end = Instant.now().plus(Duration.ofSeconds(60));
    while (true) {
      JobView view = JobView.of(job(id));
      if (what.test(view)) {
        return view;
      }
      assertThat(Instant.now()).as("%s", view).isBefore(end);
      Thread.sleep(20);
    }
  }

  private Receipt feed(String id, int from, int samples) throws InterruptedException {
    await(id, view -> job(id).intake() != null);
    float[] values = new float[samples * PIXELS];
    for (int i = 0; i < samples; i++) {
      Random random = new Random(from + i);
      for (int k = 0; k < PIXELS; k++) {
        values[i * PIXELS + k] = (float) random.nextGaussian();
      }
    }
    Tensor tensor = Tensor.of(ElementType.FLOAT, values, new long[] {samples, 4, 6, 6});
    return done(
        job(id)
            .intake()
            .offer(
                admission -> admission.admit(List.of(new NamedTensor("x", tensor))),
                samples,
                new Origin("test", from)));
  }

  private byte[] model(String id, int version) throws IOException {
    return Files.readAllBytes(service.published(job(id), version, "model.onnx").orElseThrow());
  }

  private static Predicate<JobView> status(String status) {
    return view -> view.status().equals(status);
  }

  @Test
  void jobsSideBySideFindWhatEachFindsAlone() throws Exception {
    String alone = submit("alone", 40, 1);
    feed(alone, 0, 40);
    await(alone, status("completed"));

    String one = submit("one", 40, 1);
    String two = submit("two", 40, 1);
    for (int i = 0; i < 40; i += 5) {
      feed(one, i, 5);
      feed(two, i, 5);
    }
    await(one, status("completed"));
    await(two, status("completed"));

    assertThat(model(one, 1)).isEqualTo(model(alone, 1)).isEqualTo(model(two, 1));
    assertThat(service.board().jobs().stream().map(live -> live.job().spec().id()))
        .containsExactly("alone-1", "one-2", "two-3");
  }

  @Test
  void takesNoMoreThanItWantsAndCountsTheRest() throws Exception {
    String id = submit("net", 16, 1);
    assertThat(feed(id, 0, 10)).isEqualTo(new Receipt(10, 10, 0));
    assertThat(feed(id, 5, 10)).isEqualTo(new Receipt(10, 5, 5));
    assertThat(feed(id, 15, 10)).isEqualTo(new Receipt(10, 1, 0));
    JobView view = await(id, status("completed"));

    assertThat(view.versions()).extracting(JobView.Version::samples).containsExactly(16L);
    assertThat(job(id).counts().taken()).isEqualTo(16);
    assertThat(job(id).counts().skipped()).isEqualTo(14);
    assertThat(job(id).intake()).isNull();
  }

  @Test
  void aPausedJobTakesSamplesButDoesNotCompute() throws Exception {
    String id = submit("net", 16, 1);
    done(service.pause(id));
    feed(id, 0, 16);
    await(id, view -> view.samples().collected() == 16);
    Thread.sleep(200);
    assertThat(JobView.of(job(id)).status()).isEqualTo("paused");
    assertThat(JobView.of(job(id)).versions()).isEmpty();

    done(service.resume(id));

    await(id, status("completed"));
  }

  @Test
  void canBeSealedWithWhatIsThere() throws Exception {
    String id = submit("net", 1000, 1);
    await(id, view -> job(id).intake() != null);
    assertThatThrownBy(() -> done(service.seal(id))).hasMessageContaining("no sample yet");
    feed(id, 0, 12);
    done(service.seal(id));

    assertThat(await(id, status("completed")).versions())
        .extracting(JobView.Version::samples)
        .containsExactly(12L);
    assertThatThrownBy(() -> done(service.pause(id))).hasMessageContaining("is completed");
  }

  @Test
  void eachVersionLearnsFromSamplesOfItsOwn() throws Exception {
    String id = submit("net", 8, 2);
    feed(id, 0, 8);
    await(id, view -> view.versions().size() == 1);
    feed(id, 8, 8);
    await(id, status("completed"));
    String second = submit("second", 8, 1);
    await(second, view -> job(second).intake() != null);
    feedShifted(second);
    await(second, status("completed"));

    assertThat(model(id, 2)).isNotEqualTo(model(id, 1)).isEqualTo(model(second, 1));
  }

  /** The samples 8 to 15, by a producer that begins with them. */
  private void feedShifted(String id) {
    float[] values = new float[8 * PIXELS];
    for (int i = 0; i < 8; i++) {
      Random random = new Random(8 + i);
      for (int k = 0; k < PIXELS; k++) {
        values[i * PIXELS + k] = (float) random.nextGaussian();
      }
    }
    Tensor tensor = Tensor.of(ElementType.FLOAT, values, new long[] {8, 4, 6, 6});
    done(
        job(id)
            .intake()
            .offer(admission -> admission.admit(List.of(new NamedTensor("x", tensor))), 8, null));
  }

  @Test
  void goesOnAfterARestart() throws Exception {
    String alone = submit("alone", 24, 1);
    feed(alone, 0, 24);
    await(alone, status("completed"));
    String id = submit("net", 24, 1);
    feed(id, 0, 10);
    service.close();
    start();

    assertThat(JobView.of(job(alone)).status()).isEqualTo("completed");
    assertThat(feed(id, 0, 24)).isEqualTo(new Receipt(24, 14, 10));
    await(id, status("completed"));

    assertThat(model(id, 1)).isEqualTo(model(alone, 1));
  }

  @Test
  void aCancelledJobIsOverAndADeletedOneIsGone() throws Exception {
    String id = submit("net", 24, 1);
    feed(id, 0, 10);
    done(service.cancel(id));
    await(id, view -> job(id).intake() == null);
    assertThat(JobView.of(job(id)).status()).isEqualTo("cancelled");

    done(service.delete(id));

    assertThat(service.board().job(id)).isEmpty();
    try (var jobs = Files.list(folder.resolve("state/jobs"))) {
      assertThat(jobs).isEmpty();
    }
    assertThatThrownBy(() -> done(service.delete(id))).hasMessageContaining("no such job");
    assertThat(submit("net", 24, 1)).isEqualTo("net-2");
  }

  @Test
  void aRunningJobCanBeDeleted() throws Exception {
    String id = submit("net", 24, 1);
    feed(id, 0, 10);

    done(service.delete(id));

    assertThat(service.board().jobs()).isEmpty();
  }

  @Test
  void oneUnfinishedJobForAModelAndNotTooMany() throws Exception {
    submit("net", 24, 1);
    assertThatThrownBy(() -> submit("net", 24, 1)).hasMessageContaining("another name");
    submit("net2", 24, 1);
    submit("net3", 24, 1);
    submit("net4", 24, 1);
    assertThatThrownBy(() -> submit("net5", 24, 1)).hasMessageContaining("jobs.active");
    try (var jobs = Files.list(folder.resolve("state/jobs"))) {
      assertThat(jobs).hasSize(4); // nothing stays of what was refused
    }
  }

  @Test
  void whatCannotBeQuantizedIsRefusedWhenItIsSubmitted() throws Exception {
    Path staged = service.stage();
    Files.createDirectory(staged.resolve("model"));
    Files.writeString(staged.resolve("model/net.onnx"), "no model");
    Files.writeString(staged.resolve("plan.conf"), "");

    assertThatThrownBy(
            () ->
                done(
                    service.submit(
                        new Submission("net", staged, "model/net.onnx", 10L, 1, null, null, 1))))
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(InvalidInputException.class)
        .hasMessageContaining("net.onnx: is not an ONNX model")
        .hasMessageNotContaining(staged.toString());
    assertThat(staged).doesNotExist();
  }
}
