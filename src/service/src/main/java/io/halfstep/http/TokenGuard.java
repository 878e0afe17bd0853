package io.halfstep.http;

import akka.http.javadsl.model.AttributeKey;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.RequestEntity;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.HttpChallenge;
import akka.http.javadsl.model.headers.WWWAuthenticate;
import io.halfstep.http.access.Client;
import io.halfstep.http.access.Role;
import io.halfstep.http.access.Token;
import io.halfstep.http.access.Tokens;
import io.halfstep.http.body.Bodies;
import io.halfstep.service.settings.TokenLimits;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Accepts a request if it has a token whose role and limits allow it. */
final class TokenGuard {
  private static final AttributeKey<Client> CLIENT = AttributeKey.create("token", Client.class);
  private static final String BEARER = "Bearer ";

  private final Tokens tokens;
  private final Duration patience;

  TokenGuard(Tokens tokens, Duration patience) {
    this.tokens = tokens;
    this.patience = patience;
  }

  /** Returns whether no token is asked for. */
  boolean isOpen() {
    return tokens.isEmpty();
  }

  /** Returns the request, with the holder of its token if that is known. */
  HttpRequest identified(HttpRequest request) {
    return request
        .getHeader("Authorization")
        .map(HttpHeader::value)
        .filter(value -> value.startsWith(BEARER))
        .flatMap(value -> tokens.find(value.substring(BEARER.length())))
        .map(client -> request.addAttribute(CLIENT, client))
        .orElse(request);
  }

  /** Returns the token of an identified request. */
  static Optional<Token> token(HttpRequest request) {
    return request.getAttribute(CLIENT).map(Client::token);
  }

  /** Returns why an identified request is not for its client; empty if it is. */
  Optional<HttpResponse> refusal(HttpRequest request) {
    Optional<Token> token = token(request);
    if (token.isEmpty()) {
      return Optional.of(
          Answers.error(
                  StatusCodes.UNAUTHORIZED, "expected the header 'Authorization: Bearer TOKEN'")
              .addHeader(WWWAuthenticate.create(HttpChallenge.create("Bearer", "halfstep"))));
    }
    Set<Role> allowed = Role.allowed(request.method().value(), request.getUri().path());
    if (allowed.contains(token.get().role())) {
      return Optional.empty();
    }
    return Optional.of(
        Answers.error(
            StatusCodes.FORBIDDEN,
            "the token '%s' has the role %s, expected %s"
                .formatted(
                    token.get().name(),
                    token.get().role().label(),
                    allowed.stream().map(Role::label).collect(Collectors.joining(" or ")))));
  }

  /** Returns why an accepted request is beyond its client's limits; else counts it. */
  Optional<HttpResponse> excess(HttpRequest request) {
    return request.getAttribute(CLIENT).flatMap(client -> excess(client, request));
  }

  private static Optional<HttpResponse> excess(Client client, HttpRequest request) {
    long length = request.entity().getContentLengthOption().orElse(0);
    TokenLimits limits = client.limits();
    if (limits.bodyBytes() > 0 && length > limits.bodyBytes()) {
      return Optional.of(Answers.tooLarge(limits.bodyBytes(), "body-bytes of its token"));
    }
    long wait = client.ask(length);
    return wait == 0
        ? Optional.empty()
        : Optional.of(
            Answers.tooMany(
                "the token '%s' has sent more than its %d requests or %d bytes per second (0: any)"
                    .formatted(
                        client.token().name(), limits.requestsPerSecond(), limits.bytesPerSecond()),
                wait));
  }

  /** Returns whether a body is to be {@link #counted}: it has limits, but no length. */
  static boolean isUncounted(HttpRequest request) {
    return request
        .getAttribute(CLIENT)
        .filter(client -> !client.limits().areOff())
        .filter(client -> request.entity().getContentLengthOption().isEmpty())
        .isPresent();
  }

  /** Limits and counts a body as it comes. */
  HttpRequest counted(HttpRequest request) {
    return request
        .getAttribute(CLIENT)
        .map(client -> request.withEntity(counted(client, request.entity())))
        .orElse(request);
  }

  private RequestEntity counted(Client client, RequestEntity body) {
    RequestEntity counted =
        HttpEntities.createChunked(
            body.getContentType(),
            body.withoutSizeLimit()
                .getDataBytes()
                .map(
                    chunk -> {
                      client.sent(chunk.size());
                      return chunk;
                    }));
    long most = client.limits().bodyBytes();
    return most == 0 ? counted : Bodies.limited(counted, most, patience);
  }
}
