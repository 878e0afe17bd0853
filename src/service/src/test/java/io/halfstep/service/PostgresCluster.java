package io.halfstep.service;

import static org.junit.jupiter.api.Assumptions.abort;

import io.halfstep.service.state.StateDirectory;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A temporary PostgreSQL cluster in a folder, from the system's package. */
public final class PostgresCluster implements AutoCloseable {
  private static final String USER = "halfstep";

  private final Path programs;
  private final Path data;
  private final int port;

  private PostgresCluster(Path programs, Path data, int port) {
    this.programs = programs;
    this.data = data;
    this.port = port;
  }

  /** Starts a cluster; skips the test if PostgreSQL is not installed. */
  public static PostgresCluster start() throws IOException, InterruptedException {
    Optional<Path> programs = programs();
    if (programs.isEmpty()) {
      abort("no PostgreSQL here (Debian: apt-get install postgresql)");
    }
    Path data = Files.createTempDirectory("halfstep-postgres-");
    // PostgreSQL does not run as root; its user must be able to write here.
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxrwxrwx"));
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    PostgresCluster cluster = new PostgresCluster(programs.get(), data.resolve("data"), port);
    cluster.run("initdb", "-A", "trust", "-U", USER, "-D", cluster.data.toString());
    cluster.up();
    return cluster;
  }

  private static Optional<Path> programs() throws IOException {
    Path debian = Path.of("/usr/lib/postgresql");
    if (!Files.isDirectory(debian)) {
      return Optional.empty();
    }
    try (Stream<Path> versions = Files.list(debian)) {
      return versions
          .map(version -> version.resolve("bin"))
          .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
          .findFirst();
    }
  }

  /** Restarts after {@link #down}. */
  public void up() throws IOException, InterruptedException {
    String options = "-c listen_addresses=127.0.0.1 -p %d -k %s".formatted(port, data.getParent());
    run("pg_ctl", "-w", "-D", data.toString(), "-o", options, "-l", data + ".log", "start");
  }

  /** Stops immediately, like a crash. */
  public void down() throws IOException, InterruptedException {
    run("pg_ctl", "-w", "-D", data.toString(), "-m", "immediate", "stop");
  }

  /** Returns the service's configuration for this journal. */
  public String config() {
    return """
        halfstep.service.journal.url = "jdbc:postgresql://127.0.0.1:%d/postgres"
        halfstep.service.journal.user = "%s"
        """
        .formatted(port, USER);
  }

  private void run(String program, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      command.addAll(List.of("runuser", "-u", "postgres", "--"));
    }
    command.add(programs.resolve(program).toString());
    command.addAll(List.of(arguments));
    Path output = Files.createTempFile("halfstep-postgres-", ".log");
    Process process =
        new ProcessBuilder(command)
            .directory(data.getParent().toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    int exitCode = process.waitFor();
    String said = Files.readString(output);
    Files.delete(output);
    if (exitCode != 0) {
      throw new IllegalStateException(command + ": " + said);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      down();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    StateDirectory.delete(data.getParent());
  }
}
