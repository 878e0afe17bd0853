package io.halfstep.http;

import akka.http.javadsl.model.AttributeKeys;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.RemoteAddress;
import akka.http.javadsl.model.StatusCode;
import akka.http.javadsl.model.StatusCodes;
import io.halfstep.http.access.RateLimit;
import io.halfstep.text.OneLine;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Logs each request to change a job, and each that its sender may not make: the client and the
 * status of the answer. Of those that had no effect, up to ten are logged a second and the others
 * counted, so that a flood of them does not fill the disk.
 */
final class Audit {
  private static final Logger LOG = LoggerFactory.getLogger("io.halfstep.audit");
  private static final Pattern CHANGE =
      Pattern.compile("/jobs(?:/([A-Za-z0-9._-]{1,100}))?(?:/([a-z]{1,20}))?/?");
  private static final int LINES_PER_SECOND = 10;

  private final RateLimit lines = new RateLimit(LINES_PER_SECOND);
  private final AtomicLong omitted = new AtomicLong();

  /** Logs an answered request if it was to change something, or was refused. */
  void note(HttpRequest request, HttpResponse response) {
    boolean refused = isRefused(response.status());
    Matcher path = CHANGE.matcher(request.getUri().path());
    if (!refused && (!path.matches() || isReading(request))) {
      return;
    }
    if (response.status().isFailure() && lines.take(1) > 0) {
      omitted.incrementAndGet();
      return;
    }
    if (refused) {
      log("refused " + subject(request), request, response);
      return;
    }
    String what =
        path.group(2) != null
            ? path.group(2)
            : request.method().equals(HttpMethods.DELETE) ? "delete" : "submit";
    MDC.put("job", path.group(1) != null ? path.group(1) : submitted(response));
    try {
      log(what, request, response);
    } finally {
      MDC.remove("job");
    }
  }

  private void log(String what, HttpRequest request, HttpResponse response) {
    long before = omitted.getAndSet(0);
    LOG.info(
        "{} by {}: {}{}",
        what,
        who(request),
        response.status().intValue(),
        before == 0 ? "" : " (before, " + before + " more without effect)");
  }

  private static boolean isRefused(StatusCode status) {
    return status.equals(StatusCodes.UNAUTHORIZED) || status.equals(StatusCodes.FORBIDDEN);
  }

  private static boolean isReading(HttpRequest request) {
    return request.method().equals(HttpMethods.GET) || request.method().equals(HttpMethods.HEAD);
  }

  private static String subject(HttpRequest request) {
    return OneLine.of(
        Parameters.shortened(request.method().value())
            + " "
            + Parameters.shortened(request.getUri().path()));
  }

  private static String submitted(HttpResponse response) {
    return response
        .getHeader("Location")
        .map(location -> location.value().substring("/jobs/".length()))
        .orElse("none");
  }

  private static String who(HttpRequest request) {
    String address =
        request
            .getAttribute(AttributeKeys.remoteAddress)
            .flatMap(RemoteAddress::getAddress)
            .map(InetAddress::getHostAddress)
            .orElse("an unknown address");
    return address + TokenGuard.token(request).map(token -> ", token " + token.name()).orElse("");
  }
}
