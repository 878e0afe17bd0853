package io.halfstep.service;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.halfstep.failure.RootCause;
import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JobEvent;
import io.halfstep.service.journal.JournalSerializer;
import io.halfstep.service.logging.JobLog;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts what becomes of versions to an address that the operator has set: that one is published,
 * rejected or rolled back to, or that its job has failed. Each is sent at most {@value #TRIES}
 * times, until it is answered with 2xx. Never blocks.
 */
final class Webhook {
  private static final Logger LOG = LoggerFactory.getLogger(Webhook.class);
  private static final int TRIES = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final @Nullable URI address;
  private final @Nullable HttpClient client;

  /**
   * Creates the client, for which Java reads files: not to be called by an actor.
   *
   * @param address null: nothing is sent
   */
  Webhook(@Nullable URI address) {
    this.address = address;
    this.client = // follows no redirects
        address == null ? null : HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  }

  /** Sends an event, if it is of those that are sent. */
  void tell(Job job, JobEvent event) {
    boolean sent =
        event instanceof JobEvent.Published
            || event instanceof JobEvent.Rejected
            || event instanceof JobEvent.RolledBack
            || event instanceof JobEvent.Failed;
    if (address != null && sent) {
      HttpRequest request =
          HttpRequest.newBuilder(address)
              .timeout(PATIENCE)
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString(text(job, event)))
              .build();
      send(job.spec().id(), request, 1);
    }
  }

  private static String text(Job job, JobEvent event) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = mapper.createObjectNode();
    json.put("event", JournalSerializer.manifest(event.getClass()));
    json.put("job", job.spec().id());
    json.put("model", job.spec().model());
    json.put("current", job.current());
    json.setAll(mapper.<ObjectNode>valueToTree(event));
    json.put("at", Instant.ofEpochMilli(json.path("at").asLong()).toString());
    return json.toString();
  }

  private void send(String job, HttpRequest request, int attempt) {
    var unused =
        requireNonNull(client)
            .sendAsync(request, BodyHandlers.discarding())
            .whenComplete(
                (answer, failure) -> {
                  String problem = problem(answer, failure);
                  if (problem != null) {
                    again(job, request, attempt, problem);
                  }
                });
  }

  private static @Nullable String problem(
      @Nullable HttpResponse<Void> answer, @Nullable Throwable failure) {
    if (answer == null) {
      return failure == null ? "no answer" : RootCause.message(failure);
    }
    return answer.statusCode() / 100 == 2 ? null : "status " + answer.statusCode();
  }

  private void again(String job, HttpRequest request, int attempt, String problem) {
    if (attempt == TRIES) {
      JobLog.about(
          job, () -> LOG.warn("publish.webhook: {}: not told: {}", request.uri(), problem));
      return;
    }
    Executor later = CompletableFuture.delayedExecutor(1L << (attempt - 1), TimeUnit.SECONDS);
    later.execute(() -> send(job, request, attempt + 1));
  }
}
