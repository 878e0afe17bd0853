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
 * Keeps web pages out of a service that asks for no token: whoever may use this machine may use it,
 * but not every page that their browser shows. A browser says which page sends a request (Origin)
 * and by which name it found the service (Host), and lets a page of another origin neither choose
 * headers nor send content types but those of forms. Where there is a token, pages don't have it.
 *
 * <p>Mirrored requests come under the name of the servers that they were meant for; whoever sends
 * them is no browser, since those name the page in every POST.
 */
public final class PageGuard {
  /** Says that no form of a web page sends this. */
  public static final String CLIENT_HEADER = "Halfstep-Client";

  private final Set<String> names = new HashSet<>(Set.of("localhost", "127.0.0.1", "[::1]"));
  private final Set<String> origins = new HashSet<>();

  PageGuard(ServiceSettings settings) {
    String host = settings.host();
    names.add(lower(host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host));
    settings.names().forEach(name -> names.add(lower(name)));
    settings.origins().forEach(origin -> origins.add(lower(origin)));
  }

  /** Why a request is refused; empty if it is not. */
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
    boolean offersSamples = InferenceRoutes.isInference(request);
    if (!names.contains(name(host)) && !(offersSamples && (origin.isEmpty() || listed))) {
      return refused(
          "the service is not known as '%s'; http.names lists the names that it has besides localhost"
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
   * A page of another origin sends JSON, or a header, only after it was allowed to; it never is.
   */
  private static boolean couldBeForm(HttpRequest request) {
    return header(request, CLIENT_HEADER).isEmpty()
        && !MediaTypes.APPLICATION_JSON.equals(request.entity().getContentType().mediaType());
  }

  private static Optional<String> header(HttpRequest request, String name) {
    return request.getHeader(name).map(HttpHeader::value);
  }

  private static String name(String host) {
    return host.replaceFirst(":[0-9]*$", "");
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  private static Optional<HttpResponse> refused(String why) {
    return Optional.of(Answers.error(StatusCodes.FORBIDDEN, why));
  }
}
