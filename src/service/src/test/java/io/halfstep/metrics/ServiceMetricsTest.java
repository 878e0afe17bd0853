package io.halfstep.metrics;

import static io.halfstep.model.OnnxGraphs.ints;
import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.http.HttpServer;
import io.halfstep.http.WireRequests;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.service.LiveJob;
import io.halfstep.service.Service;
import io.halfstep.service.Submission;
import io.halfstep.service.journal.Job;
import io.halfstep.service.settings.ServiceSettings;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A running service that is scraped throughout a job of two versions. */
@TestMethodOrder(OrderAnnotation.class)
class ServiceMetricsTest {
  private static final int SAMPLES = 64;
  private static final Set<String> SEEN = new TreeSet<>();

  @TempDir static Path folder;
  private static Service service;
  private static ServiceMetrics metrics;
  private static HttpServer server;
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final Random RANDOM = new Random(1);

  @BeforeAll
  static void run() throws Exception {
    service =
        Service.start(
            ServiceSettings.read(null)
                .with("state", folder.resolve("state").toString())
                .with("http.port", 0),
            new WireRequests(1 << 20));
    metrics = ServiceMetrics.of(service);
    server = HttpServer.start(service, metrics::scrape);
    Path staged = service.stage();
    Files.createDirectories(staged.resolve("model"));
    OnnxGraphs.opset(17)
        .input("x", -1, 1, 8, 8)
        .weight("w1", 8, 1, 3, 3)
        .node("Conv", "c1", List.of("x", "w1"), ints("pads", 1, 1, 1, 1))
        .node("Relu", "r1", List.of("c1"))
        .weight("w2", 8, 8, 3, 3)
        .node("Conv", "c2", List.of("r1", "w2"), ints("pads", 1, 1, 1, 1))
        .output("c2")
        .write(staged.resolve("model/tiny.onnx"));
    Files.writeString(staged.resolve("plan.conf"), "batch = 4\n");
    String id =
        service
            .submit(
                new Submission(
                    "tiny",
                    staged,
                    "model/tiny.onnx",
                    (long) SAMPLES,
                    1,
                    Map.of(),
                    2,
                    2L * SAMPLES,
                    0))
            .toCompletableFuture()
            .join()
            .id();
    LiveJob job = service.liveJobs().job(id).orElseThrow();
    until(() -> job.intake() != null);
    System.gc(); // a long-running service has collected garbage
    feed(0);
    post("{\"inputs\":[{\"name\":\"y\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]}]}");
    until(() -> job.job().versions().size() == 1 && job.intake() != null);
    feed(5);
    until(() -> job.job().versions().size() == 2);
  }

  @AfterAll
  static void stop() {
    server.close();
    metrics.close();
    service.close();
  }

  /** Scrapes until the condition holds. */
  private static void until(BooleanSupplier done) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!done.getAsBoolean()) {
      assertThat(System.nanoTime()).as("a minute has passed").isLessThan(deadline);
      note();
      Thread.sleep(2);
    }
    note();
  }

  private static void note() {
    metrics.scrape().lines().filter(line -> !line.startsWith("#")).forEach(ServiceMetricsTest::see);
  }

  private static void see(String line) {
    SEEN.add(line.substring(0, line.replace('{', ' ').indexOf(' ')));
  }

  private static void feed(double offset) throws Exception {
    for (int i = 0; i < SAMPLES; i++) {
      String data =
          IntStream.range(0, 64)
              .mapToObj(j -> Double.toString(offset + RANDOM.nextGaussian()))
              .collect(Collectors.joining(","));
      assertThat(
              post(
                  "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,1,8,8],\"datatype\":\"FP32\",\"data\":["
                      + data
                      + "]}]}"))
          .isEqualTo(202);
      note();
    }
  }

  private static int post(String body) throws Exception {
    return CLIENT
        .send(
            HttpRequest.newBuilder(URI.create(server.url() + "/v2/models/tiny/infer"))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  /** Returns the value of a series, given its name and labels as in the scrape. */
  private static double value(String series) {
    List<String> lines =
        metrics.scrape().lines().filter(line -> line.startsWith(series + " ")).toList();
    assertThat(lines).as(series).hasSize(1);
    return Double.parseDouble(lines.get(0).substring(series.length() + 1));
  }

  @Test
  @Order(1)
  void whatDashboardsAndRulesAskForIsThere() {
    List<String> missing = new ArrayList<>(Dashboards.metrics(Dashboards.queries()));
    assertThat(missing).hasSizeGreaterThan(40);
    missing.removeAll(SEEN);
    missing.removeAll(Dashboards.recorded());
    assertThat(missing).isEmpty();
  }

  @Test
  @Order(1)
  void everySampleIsCountedOnce() {
    String job = "{job_id=\"tiny-1\"}";
    assertThat(value("halfstep_samples_taken_total" + job)).isEqualTo(2.0 * SAMPLES);
    double refused = value("halfstep_samples_refused_total{job_id=\"tiny-1\",reason=\"invalid\"}");
    assertThat(refused).isEqualTo(1);
    assertThat(value("halfstep_samples_offered_total" + job))
        .isEqualTo(2.0 * SAMPLES + refused + value("halfstep_samples_skipped_total" + job));
    assertThat(value("halfstep_ingest_acknowledgement_seconds_count")).isEqualTo(2.0 * SAMPLES);
    assertThat(value("halfstep_http_requests_total{route=\"infer\",status=\"400\"}")).isEqualTo(1);
  }

  @Test
  @Order(1)
  void layersShowWhatThePublishedVersionHas() {
    assertThat(value("halfstep_layer_nearest_ratio{job_id=\"tiny-1\",layer=\"c2\"}"))
        .isBetween(0.0, 1.0);
    assertThat(value("halfstep_layer_sqnr_decibels{job_id=\"tiny-1\",layer=\"c2\"}"))
        .isBetween(3.0, 60.0);
    assertThat(value("halfstep_layer_clipped_ratio{job_id=\"tiny-1\",layer=\"c1\"}"))
        .isBetween(0.0, 0.1);
    assertThat(value("halfstep_solver_duration_seconds_count")).isEqualTo(4); // 2 layers, twice
    assertThat(value("halfstep_versions_published_total{job_id=\"tiny-1\"}")).isEqualTo(2);
  }

  @Test
  @Order(1)
  void theDiskThatAJobTakesIsThatOfItsFolder() throws Exception {
    LiveJob job = service.liveJobs().job("tiny-1").orElseThrow();
    until(() -> value("halfstep_job_disk_bytes{job_id=\"tiny-1\"}") == job.diskBytes());
    assertThat(job.diskBytes())
        .isGreaterThan(job.job().versions().stream().mapToLong(Job.Version::bytes).sum());
  }

  /** Normal around 0 against normal around 5: five standard deviations apart. */
  @Test
  @Order(1)
  void driftTellsThatTheInputsHaveMoved() {
    assertThat(value("halfstep_drift_ratio{job_id=\"tiny-1\"}")).isGreaterThan(1);
  }

  @Test
  @Order(1)
  void aFinishedJobIsShownForAWhile() {
    Clock now = Clock.systemUTC();
    VisibleJobs soon = new VisibleJobs(service.liveJobs(), now);
    VisibleJobs later =
        new VisibleJobs(service.liveJobs(), Clock.offset(now, VisibleJobs.LINGER.plusSeconds(1)));
    assertThat(soon.withFigures()).hasSize(1).isEqualTo(soon.withStatus());
    assertThat(later.withFigures()).isEmpty();
    assertThat(later.withStatus()).isEmpty(); // only failed jobs stay
  }

  @Test
  @Order(1)
  void prometheusHasNothingAgainstTheScrape() throws Exception {
    Promtool.require();
    Promtool.check(metrics.scrape(), "check", "metrics");
  }

  @Test
  @Order(2)
  void seriesOfADeletedJobGoAway() throws Exception {
    assertThat(metrics.scrape()).contains("job_id=\"tiny-1\"", "halfstep_jobs{");
    service.delete("tiny-1").toCompletableFuture().join();
    assertThat(metrics.scrape()).doesNotContain("job_id=").contains("halfstep_jobs{");
  }
}
