package io.halfstep.http;

import akka.NotUsed;
import akka.actor.typed.javadsl.Adapter;
import akka.http.javadsl.ConnectionContext;
import akka.http.javadsl.Http;
import akka.http.javadsl.ServerBinding;
import akka.http.javadsl.ServerBuilder;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.settings.ServerSettings;
import akka.stream.javadsl.BidiFlow;
import akka.stream.javadsl.Flow;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.http.access.Certificate;
import io.halfstep.http.access.Connections;
import io.halfstep.http.access.Tokens;
import io.halfstep.service.Service;
import io.halfstep.service.settings.ServiceSettings;
import java.net.BindException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP server: jobs, live data, health, metrics. */
public final class HttpServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

  private final ServerBinding binding;
  private final boolean tls;
  private final Duration drain;

  private HttpServer(ServerBinding binding, boolean tls, Duration drain) {
    this.binding = binding;
    this.tls = tls;
    this.drain = drain;
  }

  /**
   * Starts to listen.
   *
   * @param metrics the text of {@code /metrics}
   * @throws InvalidInputException if the address is reachable from other machines but no token is
   *     set, or if listening fails
   */
  public static HttpServer start(Service service, Supplier<String> metrics) {
    ServiceSettings settings = service.settings();
    requireSafe(settings);
    Tokens tokens = Tokens.of(settings);
    if (tokens.isEmpty()) {
      LOG.info("no token is set: every user of this machine can use the service");
    }
    Path keystore = settings.keystore();
    ServerBuilder builder =
        Http.get(service.system()).newServerAt(settings.host(), settings.port());
    if (keystore != null) {
      Certificate certificate = Certificate.of(keystore, settings);
      builder = builder.enableHttps(ConnectionContext.httpsServer(certificate::engine));
    }
    Flow<HttpRequest, HttpResponse, NotUsed> handler =
        Flow.of(HttpRequest.class).mapAsync(1, new Routes(service, metrics, tokens)::answer);
    ConnectionGate gate =
        new ConnectionGate(
            new Connections(settings.connections(), settings.connectionsPerAddress()),
            settings.headerTimeout(),
            settings.idleTimeout());
    try {
      return new HttpServer(
          builder
              .withSettings(akka(service, settings))
              .bindFlow(BidiFlow.fromGraph(gate).join(handler))
              .toCompletableFuture()
              .join(),
          keystore != null,
          settings.drain());
    } catch (CompletionException e) {
      throw cannotListen(settings, e);
    }
  }

  private static ServerSettings akka(Service service, ServiceSettings settings) {
    ServerSettings akka = ServerSettings.create(Adapter.toClassic(service.system()));
    scala.concurrent.duration.FiniteDuration idle =
        scala.concurrent.duration.Duration.fromNanos(settings.idleTimeout().toNanos());
    return akka.withMaxConnections(settings.connections() + 2 * Connections.EXTRA)
        .withTimeouts(akka.getTimeouts().withIdleTimeout(idle));
  }

  /**
   * Checks the tokens, and that there is one unless the address is loopback, where every user of
   * this machine is trusted.
   *
   * @throws InvalidInputException if there is none, or their file is invalid
   */
  public static void requireSafe(ServiceSettings settings) {
    boolean loopback;
    try {
      loopback = InetAddress.getByName(settings.host()).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new InvalidInputException(
          "halfstep.service.http.host: '%s' is not an address of this machine"
              .formatted(settings.host()),
          e);
    }
    if (Tokens.of(settings).isEmpty() && !loopback) {
      throw new InvalidInputException(
          "%s can be reached from other machines and no token is set; set"
                  .formatted(settings.host())
              + " halfstep.service.http.tokens or token-file, or listen on 127.0.0.1");
    }
  }

  private static InvalidInputException cannotListen(ServiceSettings settings, Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null && !(cause instanceof BindException)) {
      cause = cause.getCause();
    }
    return new InvalidInputException(
        "cannot listen on %s, port %d: %s; choose another with --port"
            .formatted(settings.host(), settings.port(), cause.getMessage()),
        failure);
  }

  /** Returns the port. */
  public int port() {
    return binding.localAddress().getPort();
  }

  /** Returns the URL of the service. */
  public String url() {
    return "%s://%s:%d"
        .formatted(tls ? "https" : "http", binding.localAddress().getHostString(), port());
  }

  /** Stops listening, and gives open requests some time to finish. */
  @Override
  public void close() {
    binding.terminate(drain).toCompletableFuture().join();
  }
}
