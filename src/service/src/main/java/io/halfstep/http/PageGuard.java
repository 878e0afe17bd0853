package io.halfstep.http;

import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.StatusCodes;
import io.halfstep.service.settings.ServiceSettings;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps web pages away from a service without a token: every user of this machine may use it, but
 * the pages in their browsers must not. A browser sends the page's origin (Origin) and the name by
 * which it found the service (Host). It lets a page of another origin set no headers, and send no
 * content types other than those of forms. With a token no check is needed, since pages don't have
 * it.
 *
 * <p>Mirrored requests carry the host name of the inference servers. They do not come from a
 * browser, since a browser sends the origin with every POST.
 */
public final class PageGuard {
  /** Proves that the request does not come from a form in a web page. */
  public static final String CLIENT_HEADER = "Halfstep-Client";

  private final Set<String> names = new HashSet<>(Set.of("localhost", "127.0.0.1", "[::1]"));
  private final Set<String> origins = new HashSet<>();

  PageGuard(ServiceSettings settings) {
    String host = settings.host();
    names.add(lower(host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host));
    settings.names().forEach(name -> names.add(lower(name)));
    settings.origins().forEach(origin -> origins.add(lower(origin)));
  }

  /** Returns why a request is refused; empty if it is accepted. */
  Optional<HttpResponse> refusal(HttpRequest request) {
    String host = lower(header(request, "Host").orElse(""));
    Optional<String> origin = header(request, "Origin").map(PageGuard::lower);
    boolean listed = origin.isPresent() && origins.contains(origin.get());
    if (origin.isPresent()
        && !listed
        && !origin.get().replaceFirst("^https?://", "").equals(host)) {
      return refused(
          "a web page of origin '%s' may not use the service; http.origins lists those that may"
              .formatted(origin.get()));
    }
    boolean offersSamples = OfferedSamples.model(request) != null;
    if (!names.contains(name(host)) && !(offersSamples && (origin.isEmpty() || listed))) {
      return refused(
          "'%s' is not a name of the service; http.names lists its names besides localhost"
              .formatted(host));
    }
    if (request.method().equals(HttpMethods.POST) && !offersSamples && couldBeForm(request)) {
      return refused(
          "a web page could have sent this; add the header '%s: NAME', with any name"
              .formatted(CLIENT_HEADER));
    }
    return Optional.empty();
  }

  /**
   * A page of another origin may send JSON or this header only if the service allows it, which it
   * never does.
   */
  private static boolean couldBeForm(HttpRequest request) {
    return header(request, CLIENT_HEADER).isEmpty()
        && !MediaTypes.APPLICATION_JSON.equals(request.entity().getContentType().mediaType());
  }

  private static Optional<String> header(HttpRequest request, String name) {
    return request.getHeader(name).map(HttpHeader::value);
  }

  private static String name(String host) {
    int colon = host.lastIndexOf(':');
    boolean port = colon >= 0 && host.chars().skip(colon + 1).allMatch(c -> c >= '0' && c <= '9');
    return port ? host.substring(0, colon) : host;
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  private static Optional<HttpResponse> refused(String why) {
    return Optional.of(Answers.error(StatusCodes.FORBIDDEN, why));
  }
}
