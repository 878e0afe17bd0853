package io.halfstep.http;

import akka.http.javadsl.model.AttributeKeys;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.RemoteAddress;
import akka.http.javadsl.model.StatusCodes;
import java.net.InetAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Logs each request to change a job: the client and the status of the answer. */
final class Audit {
  private static final Logger LOG = LoggerFactory.getLogger("io.halfstep.audit");
  private static final Pattern CHANGE =
      Pattern.compile("/jobs(?:/([A-Za-z0-9._-]{1,100}))?(?:/([a-z]{1,20}))?/?");

  private Audit() {}

  /** Logs an answered request, if it was to change something and was authorized. */
  static void note(HttpRequest request, HttpResponse response) {
    Matcher path = CHANGE.matcher(request.getUri().path());
    if (!path.matches()
        || request.method().equals(HttpMethods.GET)
        || request.method().equals(HttpMethods.HEAD)
        || response.status().equals(StatusCodes.UNAUTHORIZED)
        || response.status().equals(StatusCodes.FORBIDDEN)) {
      return;
    }
    String what =
        path.group(2) != null
            ? path.group(2)
            : request.method().equals(HttpMethods.DELETE) ? "delete" : "submit";
    MDC.put("job", path.group(1) != null ? path.group(1) : submitted(response));
    try {
      LOG.info("{} by {}: {}", what, who(request), response.status().intValue());
    } finally {
      MDC.remove("job");
    }
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
    return address + (request.getHeader("Authorization").isPresent() ? ", with token" : "");
  }
}
