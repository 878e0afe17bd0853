package io.halfstep.cli.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.http.PageGuard;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** The HTTP client of the service for the commands. */
final class ServiceClient {
  private static final int UNREACHABLE = 0;
  private static final int BROKEN = -1;
  private static final int UNAUTHORIZED = 401;
  private static final int FIRST_ERROR = 400;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int FIRST_SERVER_ERROR = 500;
  private static final int BAD_GATEWAY = 502;
  private static final int UNAVAILABLE = 503;
  private static final int GATEWAY_TIMEOUT = 504;
  private static final Duration LOOK_EVERY = Duration.ofMillis(250);
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final HttpClient http;
  private final URI base;
  private final String token;
  private final Duration patience;
  private final PrintWriter err;

  /**
   * Creates a client of the service at {@code base}.
   *
   * @param tls the TLS context; null for Java's default
   * @param patience how long to wait while the service is unavailable
   * @param err receives a message while it waits
   */
  ServiceClient(
      URI base, String token, @Nullable SSLContext tls, Duration patience, PrintWriter err) {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10));
    this.http = (tls == null ? builder : builder.sslContext(tls)).build();
    this.base = base;
    this.token = token;
    this.patience = patience;
    this.err = err;
  }

  /**
   * A response.
   *
   * @param status 0 if the service could not be reached, −1 if the connection broke
   * @param retryAfter the seconds of the service's Retry-After
   */
  record Answer(int status, byte[] bytes, int retryAfter) {
    boolean ok() {
      return status >= 200 && status < 300;
    }

    /** Returns the JSON body; any other body becomes the text of an error. */
    JsonNode body() {
      try {
        JsonNode json = MAPPER.readTree(bytes);
        if (json.isObject()) {
          return json;
        }
      } catch (IOException e) {
        // e.g. a proxy's page
      }
      return MAPPER.createObjectNode().put("error", new String(bytes, UTF_8).strip());
    }

    String error() {
      return body().path("error").asText(status + " " + body());
    }

    /** Returns whether the service has certainly not processed the request. */
    boolean isUnseen() {
      return status == UNREACHABLE || status == UNAVAILABLE;
    }

    /** Returns whether the service is unavailable; it may have processed the request. */
    boolean isAway() {
      return isUnseen() || status == BROKEN || status == BAD_GATEWAY || status == GATEWAY_TIMEOUT;
    }

    /** Returns whether a retry may succeed: the service is unavailable, full, or has failed. */
    boolean isPassing() {
      return isAway() || status == TOO_MANY_REQUESTS || status >= FIRST_SERVER_ERROR;
    }
  }

  /** A request that can be sent again. */
  interface Call {
    Answer send() throws InterruptedException;
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }

  /** Returns the path of a job. */
  static String path(String job) {
    return "/jobs/" + encoded(job);
  }

  JsonNode job(String job) throws InterruptedException {
    return get(path(job));
  }

  JsonNode get(String path) throws InterruptedException {
    return fetch(path).body();
  }

  /** Sends a GET request whose response may be other than JSON. */
  Answer fetch(String path) throws InterruptedException {
    return require(patiently(() -> send(request(path).GET()), Answer::isAway));
  }

  /** Sends a request without a body that must not be processed twice. */
  JsonNode change(String method, String path) throws InterruptedException {
    Call call = () -> send(request(path).method(method, BodyPublishers.noBody()));
    return require(patiently(call, Answer::isUnseen)).body();
  }

  /** Sends a request that must not be processed twice. */
  JsonNode post(String path, String contentType, BodyPublisher body) throws InterruptedException {
    Call call = () -> send(request(path).header("Content-Type", contentType).POST(body));
    return require(patiently(call, Answer::isUnseen)).body();
  }

  /** Sends a request that may be processed twice, and retries also if the service is full. */
  JsonNode post(String path, Map<String, String> headers, byte[] body) throws InterruptedException {
    Call call =
        () -> {
          HttpRequest.Builder request = request(path).POST(BodyPublishers.ofByteArray(body));
          headers.forEach(request::header);
          return send(request);
        };
    return require(patiently(call, Answer::isPassing)).body();
  }

  /** Retries until the answer is final or the patience is exhausted. */
  private Answer patiently(Call call, Predicate<Answer> passing) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    boolean told = false;
    while (true) {
      Answer answer = call.send();
      if (!passing.test(answer) || System.nanoTime() > end) {
        return answer;
      }
      if (answer.isAway() && !told) {
        told = true;
        err.printf("halfstep: %s; waiting, %d s at most%n", answer.error(), patience.toSeconds());
      }
      Duration pause =
          answer.status() <= UNREACHABLE ? LOOK_EVERY : Duration.ofSeconds(answer.retryAfter());
      Thread.sleep(pause.toMillis());
    }
  }

  /** Opens a stream of events; reading fails with an IOException if the connection breaks. */
  InputStream events(String path) throws IOException, InterruptedException {
    HttpResponse<InputStream> response =
        http.send(request(path).GET().build(), BodyHandlers.ofInputStream());
    if (response.statusCode() >= FIRST_ERROR) {
      try (InputStream body = response.body()) {
        require(new Answer(response.statusCode(), body.readAllBytes(), 1));
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
      return new Answer(response.statusCode(), response.body(), retryAfter);
    } catch (ConnectException | HttpConnectTimeoutException e) {
      if (isUnresolved(e)) {
        throw new InvalidInputException(base + ": unknown host; see --url", e);
      }
      String why = e instanceof ConnectException ? "nothing listens there" : "does not answer";
      return new Answer(UNREACHABLE, (base + ": " + why).getBytes(UTF_8), 1);
    } catch (IOException e) {
      Optional<String> complaint = Authorities.complaint(base, e);
      if (complaint.isPresent()) {
        throw new InvalidInputException(base + ": " + complaint.get(), e);
      }
      return new Answer(BROKEN, (base + ": " + e.getMessage()).getBytes(UTF_8), 1);
    }
  }

  private static boolean isUnresolved(Throwable failure) {
    return failure instanceof UnresolvedAddressException
        || (failure.getCause() != null && isUnresolved(failure.getCause()));
  }

  private Answer require(Answer answer) {
    if (answer.ok()) {
      return answer;
    }
    if (answer.status() == UNAUTHORIZED) {
      throw new InvalidInputException(
          base + ": requires a token; set it in the environment as HALFSTEP_TOKEN");
    }
    if (answer.status() >= FIRST_ERROR && answer.status() < FIRST_SERVER_ERROR) {
      throw new RefusedException(answer.error());
    }
    throw new ServiceException(
        answer.status() > UNREACHABLE
            ? answer.error()
            : answer.error() + "; is 'halfstep serve' running, and --url right?");
  }

  /** The service does not accept this request. */
  static final class RefusedException extends InvalidInputException {
    RefusedException(String message) {
      super(message);
    }
  }

  /** The service is unavailable or has failed; the user's input is not the cause. */
  static final class ServiceException extends RuntimeException {
    ServiceException(String message) {
      super(message);
    }
  }
}
