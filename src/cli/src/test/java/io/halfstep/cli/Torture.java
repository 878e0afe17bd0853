package io.halfstep.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.cli.ServiceProcess.Answer;
import io.halfstep.service.Await;
import io.halfstep.service.PostgresCluster;
import io.halfstep.service.journal.JournaledJobs;
import io.halfstep.service.settings.ServiceSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Injects faults into a service, at random and chosen moments, while clients use it; the results
 * must not change. The long form is {@code src/bench/torture.sh}.
 */
final class Torture implements AutoCloseable {
  private static final int SAMPLES = 96;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** A point in the life of a job of the bundled ResNet-14. */
  enum Moment {
    FED,
    OBSERVING,
    ROUNDING,
    FINISHING,
    PUBLISHING;

    private boolean isNow(JsonNode job) {
      String pass = job.at("/progress/pass").asText();
      return switch (this) {
        case FED -> job.at("/samples/collected").asInt() > 0;
        case OBSERVING -> pass.equals("observe") && job.at("/progress/samples").asInt() > 0;
        case ROUNDING -> job.at("/progress/ratios").size() >= 3;
        case FINISHING -> pass.equals("finish");
        case PUBLISHING -> throw new IllegalStateException("too short to ask for");
      };
    }
  }

  /** A fault of the service or its environment, and its end. */
  interface Blow {
    void strike() throws IOException, InterruptedException;

    /** Returns whether the job shows the fault, which then ends; it lasts five seconds at most. */
    default boolean isFelt(JsonNode job) {
      return true;
    }

    default void end() throws IOException, InterruptedException {}
  }

  private final TortureFindings findings = new TortureFindings();
  private final Path folder;
  private final TinyNetwork network;
  private final ServiceProcess service;
  private final byte[] quantized;
  private int runs;
  private int kills;

  /**
   * Starts a service.
   *
   * @param folder for everything except the state
   * @param config additional lines of its configuration
   */
  Torture(Path folder, Path state, String config) throws IOException, InterruptedException {
    this.folder = folder;
    this.network = new TinyNetwork(folder.resolve("tiny"));
    this.quantized = quantize(folder.resolve("quantized.onnx"));
    this.service =
        ServiceProcess.start(
            folder.resolve("service"),
            state,
            """
            halfstep.service.jobs.active = 100
            halfstep.service.jobs.checkpoint-every = 300 ms
            halfstep.service.intake.reserve-bytes = 8 MiB
            halfstep.service.http.header-timeout = 3 s
            """
                + config,
            "-Xmx512m",
            "-Dlogback.configurationFile=logback.xml", // as installed
            "-Djava.io.tmpdir=" + Files.createDirectories(folder.resolve("temporary")));
  }

  private static byte[] quantize(Path out) throws IOException, InterruptedException {
    Process process =
        ServiceProcess.halfstep(
            out.resolveSibling("quantize.log"),
            "quantize",
            ServiceProcess.RESNET,
            "--data",
            ServiceProcess.CALIBRATION,
            "--normalize",
            ServiceProcess.NORMALIZE,
            "--samples",
            SAMPLES,
            "--quiet",
            "--out",
            out);
    if (process.waitFor() != 0) {
      throw new IllegalStateException(Files.readString(out.resolveSibling("quantize.log")));
    }
    return Files.readAllBytes(out);
  }

  TortureFindings findings() {
    return findings;
  }

  ServiceProcess service() {
    return service;
  }

  /** The service's use of the machine's resources. */
  record Holding(long descriptors, long threads, long stateBytes, long journalBytes) {
    static Holding of(ServiceProcess service) throws IOException {
      Path process = Path.of("/proc", Long.toString(service.pid()));
      long journal = 0;
      for (Path file : files(service.state())) {
        if (file.getFileName().toString().startsWith("journal.")) {
          journal += Files.size(file);
        }
      }
      return new Holding(
          count(process.resolve("fd")),
          count(process.resolve("task")),
          bytes(service.state()) - journal,
          journal);
    }

    private static long count(Path folder) throws IOException {
      try (Stream<Path> all = Files.list(folder)) {
        return all.count();
      }
    }

    /**
     * Compares with tolerance for threads of pools and connections of clients, but not for leaks of
     * each job.
     */
    boolean isBackAt(Holding before) {
      return descriptors <= before.descriptors + 16
          && threads <= before.threads + 16
          && stateBytes <= before.stateBytes + (64 << 10);
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }

  private static long bytes(Path folder) throws IOException {
    long bytes = 0;
    for (Path file : files(folder)) {
      bytes += Files.size(file);
    }
    return bytes;
  }

  /** Runs this many operations by concurrent clients; resource use must then be as after a few. */
  void operations(int clients, long operations) throws IOException, InterruptedException {
    clients(clients, Math.min(operations / 4, 40L * clients), true);
    Holding before = settled(null);
    long start = System.nanoTime();
    clients(clients, operations, true);
    double seconds = (System.nanoTime() - start) / 1e9;
    Holding after = settled(before);
    findings.check("descriptors, threads and disk are back", after.isBackAt(before), after);
    report(
        "operations",
        Map.of(
            "clients", clients,
            "operations", operations,
            "seconds", Math.round(seconds),
            "before", before.toString(),
            "after", after.toString()));
  }

  private Holding settled(@Nullable Holding before) throws IOException, InterruptedException {
    Holding now = Holding.of(service);
    for (int i = 0; i < 100; i++) { // unused connections and threads end after a minute
      Thread.sleep(before == null ? 20 : 1000);
      now = Holding.of(service);
      if (before != null && now.isBackAt(before)) {
        break;
      }
    }
    return now;
  }

  private void clients(int clients, long operations, boolean exact) throws InterruptedException {
    AtomicLong done = new AtomicLong();
    join(start(clients, done, () -> done.get() < operations, exact));
  }

  private List<Thread> start(int clients, AtomicLong done, BooleanSupplier wanted, boolean exact) {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      TortureClient client =
          new TortureClient(service, network, findings, done, ++runs * 100 + i, exact);
      Thread thread =
          new Thread(
              () -> {
                try {
                  client.run(wanted);
                } catch (InterruptedException | RuntimeException e) {
                  findings.fault("a client ended: " + e);
                }
              },
              "client-" + i);
      thread.start();
      threads.add(thread);
    }
    return threads;
  }

  private static void join(List<Thread> threads) throws InterruptedException {
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /** Opens connections that never finish their header, while health and metrics are queried. */
  void slowHeaders(int connections) throws IOException, InterruptedException {
    List<Socket> open = new ArrayList<>();
    long slowest = 0;
    try {
      for (int i = 0; i < connections; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.port());
        open.add(socket);
        try {
          socket.getOutputStream().write("GET /jobs HTTP/1.1\r\nHost: lo".getBytes(ISO_8859_1));
        } catch (IOException e) { // the service closed it to make room
          continue;
        }
        if (i % 50 == 0) {
          slowest = Math.max(slowest, watched());
        }
      }
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
    Await.until("served again", () -> service.get("/jobs").status() == 200);
    report("slow headers", Map.of("connections", connections, "slowest_health_ms", slowest));
  }

  /** Queries health over a new connection, as monitors do; returns the time it took. */
  private long watched() throws IOException {
    long start = System.nanoTime();
    for (String path : List.of("/v2/health/live", "/v2/health/ready", "/metrics")) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
        socket.setSoTimeout(10_000);
        String request = "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        socket.getOutputStream().write(request.formatted(path).getBytes(ISO_8859_1));
        String answer = new String(socket.getInputStream().readNBytes(12), ISO_8859_1);
        findings.check("health in any crowd", answer.equals("HTTP/1.1 200"), path + answer);
      }
    }
    return (System.nanoTime() - start) / 1_000_000;
  }

  /**
   * Injects a fault at a moment of a job while clients use the service; the job's result must not
   * change.
   *
   * @return whether the moment was met; a short one may be missed
   */
  boolean blow(Moment moment, Blow blow) throws IOException, InterruptedException {
    String id = submitted("blow" + ++runs);
    Process feeder = service.client("feed", "feed", id, "--data", ServiceProcess.CALIBRATION);
    Path job = service.state().resolve("jobs").resolve(id);
    boolean met = false;
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!met && System.nanoTime() < end) {
      met =
          moment == Moment.PUBLISHING
              ? Files.exists(job.resolve("versions/.1.partial"))
              : moment.isNow(service.job(id));
      if (!met && isPublished(job)) {
        break;
      }
    }
    if (met) {
      blow.strike();
      for (int i = 0; i < 100 && !blow.isFelt(service.job(id)); i++) {
        Thread.sleep(50);
      }
      blow.end();
    }
    JsonNode done = completed(id);
    findings.check("the feeder ends well", feeder.waitFor() == 0, service.output("feed"));
    findings.check(
        "one version of all samples",
        done.path("versions").size() == 1 && done.at("/versions/0/samples").asInt() == SAMPLES,
        done);
    findings.check(
        "the model is that of halfstep quantize",
        Arrays.equals(service.published(id, "model"), quantized),
        done);
    delete(id);
    return met;
  }

  private String submitted(String name) throws IOException, InterruptedException {
    String[] id = new String[1];
    Await.until(
        "submitted",
        () -> {
          Answer answer =
              findings.expect(
                  "submit",
                  service.submit(
                      Files.readAllBytes(ServiceProcess.RESNET),
                      "name=%s&samples=%d".formatted(name, SAMPLES),
                      "normalize = [\"%s\"]\n".formatted(ServiceProcess.NORMALIZE)),
                  201,
                  503,
                  507);
          id[0] = answer.body().path("id").asText();
          return answer.status() == 201;
        });
    return id[0];
  }

  /** Deletes a job, also if the journal is still unavailable. */
  private void delete(String id) throws IOException, InterruptedException {
    Await.until(
        "deleted",
        () -> findings.expect("delete", service.delete("/jobs/" + id), 200, 503).status() == 200);
  }

  private static boolean isPublished(Path job) {
    return Files.exists(job.resolve("versions/1")) || !Files.exists(job.resolve("plan.conf"));
  }

  private JsonNode completed(String id) throws IOException, InterruptedException {
    JsonNode[] last = new JsonNode[1];
    long end = System.nanoTime() + PATIENCE.toNanos();
    do {
      last[0] = findings.expect("look", service.get("/jobs/" + id), 200).body();
      Thread.sleep(20);
    } while (!last[0].path("status").asText().matches("completed|failed")
        && System.nanoTime() < end);
    return last[0];
  }

  /** Injects faults at all moments in turn while clients use the service. */
  void blows(String what, int blows, int clients, Blow blow)
      throws IOException, InterruptedException {
    AtomicBoolean over = new AtomicBoolean();
    AtomicLong done = new AtomicLong();
    List<Thread> threads = start(clients, done, () -> !over.get(), false);
    Map<String, Object> struck = new LinkedHashMap<>();
    try {
      int count = 0;
      for (int i = 0; count < blows && i < 3 * blows; i++) {
        Moment moment = Moment.values()[i % Moment.values().length];
        if (blow(moment, blow)) {
          count++;
          struck.merge(moment.name().toLowerCase(java.util.Locale.ROOT), 1, (a, b) -> (int) a + 1);
        }
      }
      findings.check("all blows were struck", count == blows, count);
    } finally {
      over.set(true);
      join(threads);
    }
    struck.put("operations_beside", done.get());
    report(what, struck);
  }

  /** Kills and restarts the service; sometimes the start is killed, too. */
  Blow kill(long seed) {
    Random random = new Random(seed);
    return new Blow() {
      @Override
      public void strike() throws IOException, InterruptedException {
        kills++;
        service.kill();
        if (random.nextInt(3) == 0) {
          service.begin();
          Thread.sleep(random.nextInt(2500));
          kills++;
          service.kill();
        }
        service.start();
      }
    };
  }

  /** Crashes and restarts the journal's database. */
  static Blow outage(PostgresCluster cluster) {
    return new Blow() {
      @Override
      public void strike() throws IOException, InterruptedException {
        cluster.down();
      }

      @Override
      public boolean isFelt(JsonNode job) {
        return job.path("status").asText().equals("unavailable");
      }

      @Override
      public void end() throws IOException, InterruptedException {
        cluster.up();
      }
    };
  }

  /** Fills the disk completely, and frees the space again. */
  static Blow fill(SmallDisk disk) {
    return new Blow() {
      @Override
      public void strike() throws IOException {
        disk.fill(0);
      }

      @Override
      public boolean isFelt(JsonNode job) {
        return job.path("status").asText().matches("waiting|unavailable|completed");
      }

      @Override
      public void end() throws IOException {
        disk.clear();
      }
    };
  }

  /** Checks that nothing is left once all jobs are deleted. */
  void leftovers() throws IOException, InterruptedException {
    JsonNode jobs = findings.expect("list", service.get("/jobs?limit=1000"), 200).body();
    for (JsonNode job : jobs.path("jobs")) { // submitted, though the reply was lost
      delete(job.path("id").asText());
    }
    findings.check("the service ends well", service.terminate() == 0, service.log());
    Path state = service.state();
    long remembered = remembered();
    findings.check("nothing in the journal of deleted jobs", remembered <= kills, remembered);
    findings.check("no job's files", files(state.resolve("jobs")).isEmpty(), files(state));
    findings.check("no quarantine", !Files.exists(state.resolve("quarantine")), files(state));
    findings.check(
        "no temporary files",
        files(folder.resolve("temporary")).isEmpty(),
        files(folder.resolve("temporary")));
    for (Path log : files(folder.resolve("service"))) {
      if (log.getFileName().toString().startsWith("serve-")) {
        List<String> errors =
            Files.readAllLines(log).stream()
                .filter(line -> line.matches(".*\\bERROR\\b.*|\tat .*"))
                .limit(5)
                .toList();
        findings.check("no errors in the log", errors.isEmpty(), log + ": " + errors);
      }
    }
  }

  /**
   * Returns the number of jobs with events in the journal; a kill may leave those of a deleted job.
   */
  private long remembered() throws IOException {
    ServiceSettings settings =
        ServiceSettings.read(folder.resolve("service/service.conf"))
            .with("state", service.state().toString());
    return JournaledJobs.count(settings);
  }

  private static void report(String what, Map<String, ?> figures) {
    Map<String, Object> line = new LinkedHashMap<>(Map.of("torture", what));
    line.putAll(figures);
    System.out.println(new ObjectMapper().valueToTree(line));
  }

  @Override
  public void close() {
    service.close();
  }

  /**
   * Takes {@code FOLDER CLIENTS OPERATIONS CONNECTIONS KILLS ROUNDS}; exits with 1 if there are
   * faults.
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    Path folder = Path.of(args[0]);
    int clients = Integer.parseInt(args[1]);
    long operations = Long.parseLong(args[2]);
    int connections = Integer.parseInt(args[3]);
    int kills = Integer.parseInt(args[4]);
    int blows = Integer.parseInt(args[5]) * Moment.values().length;
    int faults = 0;
    try (SmallDisk disk = SmallDisk.mount(folder.resolve("disk"));
        Torture torture = new Torture(folder.resolve("h2"), disk.path().resolve("state"), "")) {
      torture.operations(clients, operations);
      torture.slowHeaders(connections);
      torture.blows("full disk", blows, 2, fill(disk));
      torture.blows("SIGKILL", kills, 2, torture.kill(1));
      torture.leftovers();
      faults += torture.summary();
    }
    try (PostgresCluster cluster = PostgresCluster.start();
        Torture torture =
            new Torture(folder.resolve("postgresql"), folder.resolve("state"), cluster.config())) {
      torture.operations(clients, operations / 10);
      torture.blows("journal away", blows, 2, outage(cluster));
      torture.blows("SIGKILL", Moment.values().length, 2, torture.kill(2));
      torture.leftovers();
      faults += torture.summary();
    }
    System.exit(faults == 0 ? 0 : 1);
  }

  private int summary() {
    report(
        "summary",
        Map.of(
            "answers", numbers(findings.answers()),
            "checked", numbers(findings.checked()),
            "faults", findings.faults()));
    return findings.faults().size();
  }

  private static Map<String, Long> numbers(Map<String, java.util.concurrent.atomic.LongAdder> of) {
    Map<String, Long> numbers = new java.util.TreeMap<>();
    of.forEach((what, count) -> numbers.put(what, count.sum()));
    return numbers;
  }
}
