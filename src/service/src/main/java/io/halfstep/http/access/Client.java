package io.halfstep.http.access;

import io.halfstep.service.settings.TokenLimits;

/** The holder of a token, and what it has sent lately. */
public final class Client {
  private final Token token;
  private final TokenLimits limits;
  private final RateLimit requests;
  private final RateLimit bytes;

  Client(Token token, TokenLimits limits) {
    this.token = token;
    this.limits = limits;
    this.requests = new RateLimit(limits.requestsPerSecond());
    this.bytes = new RateLimit(limits.bytesPerSecond());
  }

  public Token token() {
    return token;
  }

  public TokenLimits limits() {
    return limits;
  }

  /**
   * Counts a request, if the limits allow it.
   *
   * @param length of its body; 0 if it is unknown
   * @return 0 if they do, else the number of seconds after which it may be sent again
   */
  public long ask(long length) {
    long wait = requests.take(1);
    return wait > 0 ? wait : bytes.take(length);
  }

  /** Counts bytes of a body whose length was unknown. */
  public void sent(long length) {
    bytes.took(length);
  }
}
