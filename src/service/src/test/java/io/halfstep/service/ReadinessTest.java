package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.PoisonPill;
import io.halfstep.http.HttpServer;
import io.halfstep.http.WireRequests;
import io.halfstep.service.settings.ServiceSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ready means that a sample would be accepted; live means that the process answers. */
class ReadinessTest {
  private final Path folder;
  private final HttpClient client = HttpClient.newHttpClient();

  ReadinessTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private interface Body {
    void run(Service service, String url) throws Exception;
  }

  private void serving(String config, Body body) throws Exception {
    ServiceSettings settings =
        ServiceSettings.read(Files.writeString(folder.resolve("service.conf"), config))
            .with("state", folder.resolve("state").toString())
            .with("http.port", 0);
    try (Service service = Service.start(settings, new WireRequests(1 << 20));
        HttpServer server = HttpServer.start(service, () -> "")) {
      body.run(service, server.url());
    }
  }

  private HttpResponse<String> get(String url) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
  }

  private void awaitReady(String url, int status) throws Exception {
    Await.until("ready: " + status, () -> get(url + "/v2/health/ready").statusCode() == status);
    assertThat(get(url + "/v2/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void notWithoutRoomOnTheDisk() throws Exception {
    serving(
        "halfstep.service.intake.reserve-bytes = 512 PiB",
        (service, url) -> {
          HttpResponse<String> ready = get(url + "/v2/health/ready");
          assertThat(ready.statusCode()).isEqualTo(503);
          assertThat(ready.body()).contains("\"ready\":false", "intake.reserve-bytes");
          assertThat(get(url + "/v2/health/live").statusCode()).isEqualTo(200);
        });
  }

  @Test
  void notWithADeadRegistry() throws Exception {
    serving(
        "",
        (service, url) -> {
          awaitReady(url, 200);
          service
              .system()
              .classicSystem()
              .actorSelection("/user/jobs")
              .tell(PoisonPill.getInstance(), akka.actor.ActorRef.noSender());
          awaitReady(url, 503);
          assertThat(get(url + "/v2/health/ready").body()).contains("the registry");
        });
  }

  @Test
  void notWithoutAJournalAndAgainWithOne() throws Exception {
    try (PostgresCluster cluster = PostgresCluster.start()) {
      serving(
          cluster.config(),
          (service, url) -> {
            awaitReady(url, 200);
            cluster.down();
            awaitReady(url, 503);
            assertThat(get(url + "/v2/health/ready").body()).contains("the journal");
            cluster.up();
            awaitReady(url, 200);
          });
    }
  }

  @Test
  void notWhenItIsStopped() {
    Service service =
        Service.start(
            ServiceSettings.read(null).with("state", folder.resolve("state").toString()),
            new WireRequests(1 << 20));
    assertThat(service.obstacle()).isEmpty();
    service.close();
    assertThat(service.obstacle()).contains("the service is being stopped");
  }
}
