package io.halfstep.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JobEvent;
import io.halfstep.service.journal.JobSpec;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WebhookTest {
  private static final Job JOB =
      Job.submitted(new JobSpec("m-1", "m", "m.onnx", 8, 1, Map.of(), 0, 16, 0, 0));

  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  private final BlockingQueue<Integer> answers = new LinkedBlockingQueue<>();
  private HttpServer server;

  @BeforeEach
  void listen() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/hook",
        exchange -> {
          told.add(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
          Integer status = answers.poll();
          exchange.sendResponseHeaders(status == null ? 204 : status, -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private Webhook webhook() {
    return new Webhook(
        URI.create("http://127.0.0.1:%d/hook".formatted(server.getAddress().getPort())));
  }

  @Test
  void tellsWhatBecameOfAVersionUntilItIsAnswered() throws Exception {
    answers.add(503);
    JobEvent event = new JobEvent.Published(1, 8, 1000, 0, List.of());

    webhook().tell(JOB.apply(event), event);

    String first = told.poll(10, TimeUnit.SECONDS);
    assertThat(first)
        .isEqualTo(
            "{\"event\":\"published\",\"job\":\"m-1\",\"model\":\"m\",\"current\":1,\"version\":1,\"samples\":8,\"bytes\":1000,\"at\":\"1970-01-01T00:00:00Z\"}");
    assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo(first);
    assertThat(told.poll(2, TimeUnit.SECONDS)).isNull();
  }

  @Test
  void tellsNothingElse() throws Exception {
    webhook().tell(JOB, new JobEvent.Paused(0));
    new Webhook(null).tell(JOB, new JobEvent.RolledBack(1, 0));

    assertThat(told.poll(1, TimeUnit.SECONDS)).isNull();
  }
}
