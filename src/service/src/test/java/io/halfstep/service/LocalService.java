package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.intake.Origin;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.service.samples.Receipt;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NamedTensor;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A service within this process, with jobs for a small network. */
final class LocalService implements AutoCloseable {
  private static final int PIXELS = 4 * 6 * 6;

  private final Service service;

  private LocalService(Service service) {
    this.service = service;
  }

  static ServiceSettings settings(Path state) {
    return ServiceSettings.read(null).with("state", state.toString());
  }

  static LocalService start(Path state) {
    return start(settings(state));
  }

  static LocalService start(ServiceSettings settings) {
    return new LocalService(Service.start(settings, (body, headers, admission) -> List.of()));
  }

  Service service() {
    return service;
  }

  String submit(String name, long samples) throws IOException {
    return submit(name, samples, 1);
  }

  String submit(String name, long samples, int versions) throws IOException {
    return submit(small(), "batch = 8", name, samples, versions);
  }

  private static OnnxGraphs small() {
    return OnnxGraphs.opset(13)
        .input("x", -1, 4, 6, 6)
        .weight("w", 5, 4, 3, 3)
        .node("Conv", "y", List.of("x", "w"))
        .output("y");
  }

  /** Submits a job that publishes versions until it is cancelled. */
  String submitUnending(String name, long samples, long everySeconds) throws IOException {
    return submit(small(), "batch = 8", name, samples, 0, everySeconds);
  }

  String submit(OnnxGraphs network, String plan, String name, long samples, int versions)
      throws IOException {
    return submit(network, plan, name, samples, versions, 0);
  }

  private String submit(
      OnnxGraphs network, String plan, String name, long samples, int versions, long everySeconds)
      throws IOException {
    Path staged = service.stage();
    network.write(Files.createDirectory(staged.resolve("model")).resolve("net.onnx"));
    return submit(staged, plan, name, samples, versions, everySeconds);
  }

  /** Submits a job for the model in a file that publishes versions until it is cancelled. */
  String submitUnending(Path model, String plan, String name, long samples) throws IOException {
    Path staged = service.stage();
    Files.copy(model, Files.createDirectory(staged.resolve("model")).resolve("net.onnx"));
    return submit(staged, plan, name, samples, 0, 0);
  }

  private String submit(
      Path staged, String plan, String name, long samples, int versions, long everySeconds)
      throws IOException {
    Files.writeString(staged.resolve("plan.conf"), plan);
    return done(service.submit(
            new Submission(
                name,
                staged,
                "model/net.onnx",
                samples,
                1,
                Map.of(),
                versions,
                null,
                everySeconds)))
        .id();
  }

  /** Feeds samples with these numbers. */
  void feed(String id, int from, int samples) throws InterruptedException {
    await(id, view -> job(id).intake() != null);
    feed(job(id), from, samples);
  }

  /** Feeds samples with these numbers to a job that takes samples. */
  static Receipt feed(LiveJob job, int from, int samples) {
    return feed(job, from, samples, 1, new Origin("test", from));
  }

  /** Feeds normal noise times a factor. */
  static Receipt feed(LiveJob job, int from, int samples, float factor, @Nullable Origin origin) {
    float[] values = new float[samples * PIXELS];
    for (int i = 0; i < samples; i++) {
      Random random = new Random(from + i);
      for (int k = 0; k < PIXELS; k++) {
        values[i * PIXELS + k] = (float) random.nextGaussian() * factor;
      }
    }
    Tensor tensor = Tensor.of(ElementType.FLOAT, values, new long[] {samples, 4, 6, 6});
    return done(
        job.intake()
            .offer(
                admission -> admission.admit(List.of(new NamedTensor("x", tensor))),
                samples,
                origin));
  }

  static <T> T done(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  LiveJob job(String id) {
    return service.liveJobs().job(id).orElseThrow();
  }

  String status(String id) {
    return JobView.of(job(id)).status();
  }

  List<String> ids() {
    return service.liveJobs().jobs().stream().map(live -> live.job().spec().id()).toList();
  }

  void await(String id, Predicate<JobView> what) throws InterruptedException {
    await(id, Duration.ofMinutes(1), what);
  }

  void await(String id, Duration atMost, Predicate<JobView> what) throws InterruptedException {
    Instant end = Instant.now().plus(atMost);
    while (!what.test(JobView.of(job(id)))) {
      assertThat(Instant.now()).as("%s", JobView.of(job(id))).isBefore(end);
      Thread.sleep(20);
    }
  }

  void awaitCompleted(String id) throws InterruptedException {
    await(id, view -> view.status().equals("completed"));
  }

  byte[] model(String id, int version) throws IOException {
    return Files.readAllBytes(service.published(job(id), version, "model.onnx").orElseThrow());
  }

  @Override
  public void close() {
    service.close();
  }
}
