package io.halfstep.cli;

import io.halfstep.cli.terminal.Terminal;
import io.halfstep.http.HttpServer;
import io.halfstep.http.WireRequests;
import io.halfstep.metrics.ServiceMetrics;
import io.halfstep.service.Service;
import io.halfstep.service.settings.ServiceSettings;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code halfstep serve}. */
@Command(
    name = "serve",
    sortOptions = false,
    customSynopsis = "halfstep serve [--port=P] [--state=DIR] [--config=FILE]%n",
    description = {
      "Runs the calibration service: takes models as jobs, learns from live samples, and publishes"
          + " quantized models. Acknowledged samples are durable: after a crash it continues"
          + " where it was.",
      ""
    },
    footer = {
      "",
      "A first run, in five commands:",
      "  halfstep serve &",
      "  halfstep submit model.onnx --name mymodel",
      "  halfstep feed mymodel-1 --data samples.npz",
      "  halfstep watch mymodel-1",
      "  halfstep fetch mymodel-1 --out model.int4.onnx",
      "",
      "By default it listens on this machine only and needs no token. config/service.conf has all"
          + " settings."
    })
final class ServeCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(names = "--port", paramLabel = "P", description = "Default: 8620; 0 chooses a free one.")
  private @Nullable Integer port;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description = "The address to listen on. Default: 127.0.0.1. Others need a token.")
  private @Nullable String host;

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "The folder for jobs, samples and published models. Default: halfstep-state.")
  private @Nullable Path state;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "A HOCON file; options take precedence over it.")
  private @Nullable Path config;

  @Option(names = "--json", description = "Write the log as JSON, a line for each event.")
  private boolean json;

  ServeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ServiceSettings settings = ServiceSettings.read(config);
    if (port != null) {
      settings = settings.with("http.port", port);
    }
    if (host != null) {
      settings = settings.with("http.host", host);
    }
    if (state != null) {
      settings = settings.with("state", state.toString());
    }
    log(settings);
    HttpServer.requireSafe(settings);
    try (Service service = Service.start(settings, new WireRequests(settings.requestBytes()));
        ServiceMetrics metrics = ServiceMetrics.of(service);
        HttpServer server = HttpServer.start(service, metrics::scrape)) {
      terminal.out().printf("halfstep serves %s (state in %s)%n", server.url(), settings.state());
      new CountDownLatch(1).await(); // until a signal interrupts it
    } catch (InterruptedException e) {
      terminal.err().println("halfstep: stopped; jobs continue at the next start");
    }
    return 0;
  }

  /** Sets the properties that logback.xml reads, before the first line is logged. */
  private void log(ServiceSettings settings) {
    System.setProperty("halfstep.log", settings.logLevel());
    System.setProperty("halfstep.log.libraries", "warn");
    System.setProperty("halfstep.log.format", json ? "json" : settings.logFormat());
  }
}
