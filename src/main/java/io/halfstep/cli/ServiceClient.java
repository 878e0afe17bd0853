package io.halfstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.http.PageGuard;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The service as its client commands speak to it. */
final class ServiceClient {
  static final int UNREACHABLE = 0;

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int UNAUTHORIZED = 401;
  private static final int FIRST_ERROR = 400;
  private static final int FIRST_SERVER_ERROR = 500;

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(10))
          .build();
  private final URI base;
  private final String token;

  ServiceClient(URI base, String token) {
    this.base = base;
    this.token = token;
  }

  /**
   * An answer.
   *
   * @param status 0 where the service could not be reached
   * @param retryAfter seconds, as the service asks for
   */
  record Answer(int status, JsonNode body, int retryAfter) {
    boolean ok() {
      return status >= 200 && status < 300;
    }

    String error() {
      return body.path("error").asText(status + " " + body);
    }
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  JsonNode get(String path) throws InterruptedException {
    return require(send(request(path).GET()));
  }

  JsonNode post(String path, String contentType, BodyPublisher body) throws InterruptedException {
    return require(send(request(path).header("Content-Type", contentType).POST(body)));
  }

  /** Sends without judging the answer. */
  Answer post(String path, Map<String, String> headers, byte[] body) throws InterruptedException {
    HttpRequest.Builder request = request(path).POST(BodyPublishers.ofByteArray(body));
    headers.forEach(request::header);
    return send(request);
  }

  /** Sends without judging the answer. */
  Answer tryGet(String path) throws InterruptedException {
    return send(request(path).GET());
  }

  JsonNode delete(String path) throws InterruptedException {
    return require(send(request(path).DELETE()));
  }

  byte[] fetch(String path) throws InterruptedException {
    HttpResponse<byte[]> response = exchange(request(path).GET(), BodyHandlers.ofByteArray());
    if (response.statusCode() >= FIRST_ERROR) {
      require(answer(response.statusCode(), response.body(), 0));
    }
    return response.body();
  }

  InputStream events(String path) throws InterruptedException {
    HttpResponse<InputStream> response =
        exchange(request(path).GET(), BodyHandlers.ofInputStream());
    if (response.statusCode() >= FIRST_ERROR) {
      try (InputStream body = response.body()) {
        require(answer(response.statusCode(), body.readAllBytes(), 0));
      } catch (IOException e) {
        throw new InvalidInputException(base + ": " + e.getMessage(), e);
      }
    }
    return response.body();
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path)).header(PageGuard.CLIENT_HEADER, "halfstep");
    return token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
  }

  private Answer send(HttpRequest.Builder request) throws InterruptedException {
    try {
      HttpResponse<byte[]> response = http.send(request.build(), BodyHandlers.ofByteArray());
      int retryAfter =
          response
              .headers()
              .firstValue("Retry-After")
              .filter(value -> value.matches("[0-9]{1,6}"))
              .map(Integer::parseInt)
              .orElse(1);
      return answer(response.statusCode(), response.body(), retryAfter);
    } catch (IOException e) {
      return new Answer(UNREACHABLE, MAPPER.createObjectNode().put("error", unreachable(e)), 1);
    }
  }

  private <T> HttpResponse<T> exchange(HttpRequest.Builder request, BodyHandler<T> handler)
      throws InterruptedException {
    try {
      return http.send(request.build(), handler);
    } catch (IOException e) {
      throw new ServiceException(unreachable(e));
    }
  }

  private String unreachable(IOException e) {
    String why = e instanceof ConnectException ? "nothing listens there" : e.getMessage();
    return "%s: %s; is 'halfstep serve' running, and --url right?".formatted(base, why);
  }

  private static Answer answer(int status, byte[] body, int retryAfter) {
    @Nullable JsonNode json;
    try {
      json = MAPPER.readTree(body);
    } catch (IOException e) {
      json = null;
    }
    String text = new String(body, StandardCharsets.UTF_8).strip();
    return new Answer(
        status,
        json != null && json.isObject() ? json : MAPPER.createObjectNode().put("error", text),
        retryAfter);
  }

  private JsonNode require(Answer answer) {
    if (answer.ok()) {
      return answer.body();
    }
    if (answer.status() == UNAUTHORIZED) {
      throw new InvalidInputException(
          base + ": asks for a token; put it into the environment as HALFSTEP_TOKEN");
    }
    if (answer.status() >= FIRST_ERROR && answer.status() < FIRST_SERVER_ERROR) {
      throw new InvalidInputException(answer.error());
    }
    throw new ServiceException(answer.error());
  }

  /** The service is away or fails: not what the user gave is at fault. */
  static final class ServiceException extends RuntimeException {
    ServiceException(String message) {
      super(message);
    }
  }
}
