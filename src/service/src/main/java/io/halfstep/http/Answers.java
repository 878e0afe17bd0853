package io.halfstep.http;

import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.StatusCode;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.Connection;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.scaladsl.model.EntityStreamSizeException;
import akka.http.scaladsl.model.ExceptionWithErrorInfo;
import akka.http.scaladsl.model.IllegalResponseException;
import akka.pattern.AskTimeoutException;
import akka.pattern.StatusReply;
import akka.stream.IOOperationIncompleteException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.failure.TooLargeException;
import io.halfstep.failure.UnwritableException;
import io.halfstep.intake.OverloadedException;
import io.halfstep.intake.StorageFullException;
import io.halfstep.service.journal.UnavailableException;
import io.halfstep.text.OneLine;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes answers in JSON. A failure becomes a status and {@code {"error": "…"}}. */
final class Answers {
  private static final Logger LOG = LoggerFactory.getLogger(Answers.class);
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int RETRY_SOON = 1;
  private static final int RETRY_LATER = 30;

  private Answers() {}

  static HttpResponse ok(Object value) {
    return json(StatusCodes.OK, value);
  }

  static HttpResponse json(StatusCode status, Object value) {
    return HttpResponse.create()
        .withStatus(status)
        .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, text(value)));
  }

  static String text(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static ObjectNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  static HttpResponse error(StatusCode status, String message) {
    return json(status, Map.of("error", OneLine.of(message)));
  }

  static HttpResponse unknownModel(String name) {
    return error(StatusCodes.NOT_FOUND, "no job for a model named '%s'".formatted(name));
  }

  /** The job is still being opened after the start of the service. */
  static HttpResponse opening() {
    return retry(
        error(StatusCodes.SERVICE_UNAVAILABLE, "the job is being opened; send this again"),
        RETRY_SOON);
  }

  /** Answers a client for which no connection is left. */
  static HttpResponse crowded() {
    return retry(
        error(
            StatusCodes.SERVICE_UNAVAILABLE,
            "too many connections in total (http.connections) or from this address"
                + " (http.connections-per-address); send this again later"),
        RETRY_SOON);
  }

  static HttpResponse tooLarge(long limit, String setting) {
    return error(
        StatusCodes.CONTENT_TOO_LARGE,
        "the body is longer than %d bytes (%s)".formatted(limit, setting));
  }

  static HttpResponse failure(Throwable thrown) {
    Throwable cause = cause(thrown);
    String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    if (cause instanceof TooLargeException) {
      return error(StatusCodes.CONTENT_TOO_LARGE, message);
    }
    if (cause instanceof InvalidInputException && !(cause instanceof UnwritableException)) {
      return error(StatusCodes.BAD_REQUEST, message);
    }
    if (cause instanceof OverloadedException) {
      return tooMany(message, RETRY_SOON);
    }
    if (cause instanceof StorageFullException) {
      return retry(error(StatusCodes.INSUFFICIENT_STORAGE, message), RETRY_LATER);
    }
    if (StorageFullException.isBehind(cause)) { // during an upload
      return retry(
          error(StatusCodes.INSUFFICIENT_STORAGE, "the service's disk is full"), RETRY_LATER);
    }
    if (cause instanceof UnavailableException) {
      return retry(error(StatusCodes.SERVICE_UNAVAILABLE, message), RETRY_LATER);
    }
    if (cause instanceof AskTimeoutException) {
      return retry(
          error(
              StatusCodes.SERVICE_UNAVAILABLE,
              "the service did not answer in time; the request may have taken effect"),
          RETRY_LATER);
    }
    if (cause instanceof StatusReply.ErrorMessage) {
      return error(
          message.startsWith("no such") ? StatusCodes.NOT_FOUND : StatusCodes.CONFLICT, message);
    }
    if (cause instanceof EntityStreamSizeException tooLarge) {
      return error(
          StatusCodes.CONTENT_TOO_LARGE,
          "the body is longer than %d bytes".formatted(tooLarge.limit()));
    }
    if (cause instanceof ExceptionWithErrorInfo && !(cause instanceof IllegalResponseException)) {
      return error(StatusCodes.BAD_REQUEST, message);
    }
    if (cause instanceof TimeoutException) {
      return error(
              StatusCodes.REQUEST_TIMEOUT,
              "the body came too slowly (http.body-timeout); send it again")
          .addHeader(Connection.create("close"));
    }
    return unexpected(cause);
  }

  /** The cause is only logged: it may contain file names and addresses. */
  private static HttpResponse unexpected(Throwable cause) {
    String reference = UUID.randomUUID().toString();
    LOG.error("request {} failed: {}", reference, cause.toString(), cause);
    return error(
        StatusCodes.INTERNAL_SERVER_ERROR,
        "the service failed; see its log for request " + reference);
  }

  static HttpResponse tooMany(String message, long seconds) {
    return retry(error(StatusCodes.TOO_MANY_REQUESTS, message), seconds);
  }

  private static HttpResponse retry(HttpResponse response, long seconds) {
    return response.addHeader(RawHeader.create("Retry-After", Long.toString(seconds)));
  }

  private static Throwable cause(Throwable thrown) {
    Throwable cause = thrown;
    while (isWrapper(cause) && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private static boolean isWrapper(Throwable thrown) {
    return thrown instanceof CompletionException
        || thrown instanceof ExecutionException
        || thrown instanceof IOOperationIncompleteException;
  }
}
