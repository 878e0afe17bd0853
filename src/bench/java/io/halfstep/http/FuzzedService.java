package io.halfstep.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.stream.javadsl.Sink;
import akka.util.ByteString;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.sun.management.UnixOperatingSystemMXBean;
import io.halfstep.http.access.Token;
import io.halfstep.http.access.Tokens;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.service.LiveJob;
import io.halfstep.service.Service;
import io.halfstep.service.Submission;
import io.halfstep.service.settings.ServiceSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * A service with one job and a folder of models, and what it promises for any request: an answer
 * after at most a second of work, other than 500, that tells nothing of its files; no error in its
 * log; no file left open, and none left behind or touched outside of its state.
 */
final class FuzzedService implements AutoCloseable {
  /** The text of each role's token. */
  static final List<String> TOKENS = List.of("feed", "read", "admin");

  private static final UnixOperatingSystemMXBean SYSTEM =
      (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final String SECRET = "not to be told";
  private static final long MOST_NANOS = 1_000_000_000L;
  private static final int TRIES = 10; // at first, classes are loaded and compiled
  private static final long PATIENCE_SECONDS = 30;
  private static final int MORE_DESCRIPTORS = 64; // of jobs and their logs
  private static final int RENEWED_AFTER = 50; // requests, since it takes as long as they do
  private static final int MOST_ELEMENTS = 100; // of an answer that need not end

  private final Path folder;
  private final Service service;
  private final Routes open;
  private final Routes guarded;
  private final AtomicReference<ILoggingEvent> error = new AtomicReference<>();
  private final Set<String> files;
  private LiveJob job;
  private int checked;
  private long descriptors;

  FuzzedService(Path folder) throws IOException {
    this.folder = folder;
    Files.createDirectories(folder.resolve("models"));
    model().write(folder.resolve("models/net.onnx"));
    Files.writeString(folder.resolve("secret"), SECRET);
    Files.write(
        folder.resolve("tokens"),
        TOKENS.stream()
            .map(role -> role + " " + role + " " + Token.hash(role) + " body-bytes=20000")
            .toList());
    ServiceSettings settings =
        ServiceSettings.read(null)
            .with("state", folder.resolve("state").toString())
            .with("http.port", 0)
            .with("http.request-bytes", 10_000)
            .with("jobs.model-bytes", 30_000)
            .with("jobs.models", folder.resolve("models").toString())
            .with("intake.folders", folder.resolve("models").toString())
            .with("jobs.active", 2);
    watchErrors();
    service = Service.start(settings, new WireRequests(1 << 20));
    open = new Routes(service, () -> "metric 1\n", Tokens.of(settings));
    guarded =
        new Routes(
            service,
            () -> "metric 1\n",
            Tokens.of(settings.with("http.tokens", folder.resolve("tokens").toString())));
    files = files();
    job = submit();
  }

  static OnnxGraphs model() {
    return OnnxGraphs.opset(13)
        .input("x", -1, 2)
        .weight("w", 2, 2)
        .node("MatMul", "y", List.of("x", "w"))
        .output("y");
  }

  private void watchErrors() {
    AppenderBase<ILoggingEvent> appender =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent event) {
            if (event.getLevel().isGreaterOrEqual(Level.ERROR)) {
              error.compareAndSet(null, event);
            }
          }
        };
    appender.start();
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.detachAndStopAllAppenders(); // what is sent is not to be shown a million times
    root.addAppender(appender);
  }

  Service service() {
    return service;
  }

  /** Returns the id of the job, which changes when a request ends it. */
  String job() {
    return job.job().spec().id();
  }

  private LiveJob submit() throws IOException {
    Path staged = service.stage();
    Files.writeString(staged.resolve("plan.conf"), "weights = 4");
    String id =
        join(service.submit(
                new Submission(
                    "net",
                    staged,
                    folder.resolve("models/net.onnx").toString(),
                    1_000_000L,
                    1,
                    Map.of(),
                    1,
                    null,
                    0)))
            .id();
    LiveJob submitted = service.liveJobs().job(id).orElseThrow();
    await("the job opens", submitted::takesSamples);
    descriptors = SYSTEM.getOpenFileDescriptorCount();
    return submitted;
  }

  /** Checks a request's answer, and what it leaves behind. */
  void check(HttpRequest request) throws IOException {
    Routes routes = request.getHeader("Authorization").isPresent() ? guarded : open;
    check(() -> told(request, join(routes.answer(request))));
  }

  /** Checks an exchange that returns all that the service tells. */
  void check(Exchange exchange) throws IOException {
    String told = "";
    long work = Long.MAX_VALUE;
    for (int i = 0; i < TRIES && work > MOST_NANOS; i++) {
      long before = SYSTEM.getProcessCpuTime(); // what else the machine does is not counted
      told = exchange.run();
      work = SYSTEM.getProcessCpuTime() - before;
    }
    require(work <= MOST_NANOS, "too much work: " + told);
    require(!told.contains(SECRET) && !told.contains(folder.toString()), "told too much: " + told);
    if (++checked % RENEWED_AFTER == 0) {
      putRight();
    }
    require(files().equals(files), "other files than before: " + files());
    await("uploaded files are removed", this::isTidy);
    await(
        "files are closed",
        () -> SYSTEM.getOpenFileDescriptorCount() <= descriptors + MORE_DESCRIPTORS);
    ILoggingEvent logged = error.get();
    require(logged == null, "an error in the log: " + logged);
  }

  /** Sends something and returns what the service tells. */
  @FunctionalInterface
  interface Exchange {
    String run() throws IOException;
  }

  /** Reads an answer, except for the end of one that need not have an end. */
  private String told(HttpRequest request, HttpResponse answer) {
    require(answer.status().intValue() != 500, "status 500");
    StringBuilder told = new StringBuilder(answer.status().toString());
    for (HttpHeader header : answer.getHeaders()) {
      String line = header.name() + ": " + header.value();
      require(line.chars().noneMatch(Character::isISOControl), "a header of two lines: " + line);
      told.append('\n').append(line);
    }
    boolean ends = answer.entity().getContentLengthOption().isPresent();
    ByteString body =
        join(
            answer
                .entity()
                .getDataBytes()
                .take(ends ? Long.MAX_VALUE : MOST_ELEMENTS)
                .takeWithin(java.time.Duration.ofMillis(ends ? 10_000 : 2))
                .runWith(
                    Sink.fold(ByteString.emptyByteString(), ByteString::concat), service.system()));
    request.discardEntityBytes(service.system());
    return told.append("\n\n").append(body.decodeString(ISO_8859_1)).toString();
  }

  /** Replaces the job if it was ended, and deletes others. */
  private void putRight() throws IOException {
    for (LiveJob other : service.liveJobs().jobs()) {
      if (other != job || job.job().phase().isFinal()) {
        join(service.delete(other.job().spec().id()));
      }
    }
    if (service.liveJobs().job(job()).isEmpty()) {
      job = submit();
    }
  }

  private boolean isTidy() {
    try (Stream<Path> jobs = Files.list(folder.resolve("state/jobs"))) {
      return jobs.map(Path::getFileName).noneMatch(name -> name.toString().startsWith("."));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Set<String> files() throws IOException {
    try (Stream<Path> top = Files.list(folder);
        Stream<Path> models = Files.list(folder.resolve("models"))) {
      return Stream.concat(top, models).map(Path::toString).collect(Collectors.toSet());
    }
  }

  private static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      require(System.nanoTime() < end, "waited in vain until " + what);
      LockSupport.parkNanos(100_000);
    }
  }

  private static <T> T join(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("no answer: " + e, e);
    }
  }

  static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  @Override
  public void close() {
    service.close();
  }
}
