package io.halfstep.service;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.source.KafkaTopic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How a service is set up: {@code halfstep.service} in its configuration, whose defaults and
 * meanings are in {@code config/service.conf}.
 */
public record ServiceSettings(Config config) {
  private static final String ROOT = "halfstep.service.";

  /**
   * Reads a configuration file over the defaults.
   *
   * @param file HOCON, or null for the defaults alone
   * @throws InvalidInputException if it is not there, can't be parsed, or holds an unknown key
   */
  public static ServiceSettings read(@Nullable Path file) {
    Config defaults =
        ConfigFactory.parseResources("service.conf")
            .withFallback(ConfigFactory.parseResources("halfstep.conf"));
    if (file == null) {
      return new ServiceSettings(defaults);
    }
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(file + ": no such file, expected a configuration in HOCON");
    }
    try {
      Config given =
          ConfigFactory.parseFile(
              file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false));
      rejectUnknown(file, given, defaults);
      return new ServiceSettings(given.withFallback(defaults));
    } catch (ConfigException e) {
      throw new InvalidInputException(
          file + ": " + String.valueOf(e.getMessage()).replaceAll("\\s+", " "), e);
    }
  }

  private static void rejectUnknown(Path file, Config given, Config defaults) {
    String prefix = "halfstep.";
    given
        .resolve(com.typesafe.config.ConfigResolveOptions.defaults().setAllowUnresolved(true))
        .entrySet()
        .stream()
        .map(Map.Entry::getKey)
        .filter(key -> key.startsWith(prefix) && !defaults.hasPathOrNull(key))
        .findFirst()
        .ifPresent(
            key -> {
              throw new InvalidInputException(
                  "%s: unknown key '%s'; config/service.conf has all of them".formatted(file, key));
            });
  }

  /** With one value of {@code halfstep.service} replaced. */
  public ServiceSettings with(String key, Object value) {
    return new ServiceSettings(
        config.withValue(ROOT + key, com.typesafe.config.ConfigValueFactory.fromAnyRef(value)));
  }

  public Path state() {
    return Path.of(text("state"));
  }

  public String host() {
    return text("http.host");
  }

  public int port() {
    return (int) number("http.port", 0, 65_535);
  }

  /** By what names clients know this machine, besides localhost. */
  public List<String> names() {
    return texts("http.names");
  }

  /** Which web pages may use the service. */
  public List<String> origins() {
    return texts("http.origins");
  }

  public int connections() {
    return (int) number("http.connections", 1, 1_000_000);
  }

  public int connectionsPerAddress() {
    return (int) number("http.connections-per-address", 1, 1_000_000);
  }

  public Duration headerTimeout() {
    return duration("http.header-timeout");
  }

  public Duration bodyTimeout() {
    return duration("http.body-timeout");
  }

  public Duration idleTimeout() {
    return duration("http.idle-timeout");
  }

  /** Where a keystore for TLS lies; null for plain HTTP. */
  public @Nullable Path keystore() {
    return path("http.tls.keystore");
  }

  public char[] keystorePassword() {
    return secret("http.tls.password-file").toCharArray();
  }

  /** The bearer token that all but health asks for; empty: none. */
  public String token() {
    return text("http.token").isEmpty() ? secret("http.token-file") : text("http.token");
  }

  public long requestBytes() {
    return bytes("http.request-bytes");
  }

  public long modelBytes() {
    return bytes("jobs.model-bytes");
  }

  /**
   * A model that the operator has put where jobs may read it.
   *
   * @throws InvalidInputException if it does not lie in {@code jobs.models}
   */
  public Path model(String path) {
    Path models = path("jobs.models");
    if (models == null) {
      throw new InvalidInputException(
          "path: this service takes no models by their path (jobs.models); upload the file");
    }
    Path model = inside(models, path);
    if (model != null && Files.isRegularFile(model)) {
      return model;
    }
    throw new InvalidInputException(
        "path '%s': no such file in the service's folder of models".formatted(path));
  }

  /** What is meant in a folder; null where it is not there or lies outside: neither is told. */
  private static @Nullable Path inside(Path folder, String path) {
    try {
      Path root = folder.toRealPath();
      Path meant = root.resolve(path).toRealPath();
      return meant.startsWith(root) ? meant : null;
    } catch (IOException | InvalidPathException e) {
      return null;
    }
  }

  /**
   * A folder whose files a job may take.
   *
   * @throws InvalidInputException if it does not lie in {@code intake.folders}
   */
  public Path watched(String folder) {
    Path folders = path("intake.folders");
    Path watched = folders == null ? null : inside(folders, folder);
    if (watched != null && Files.isDirectory(watched)) {
      return watched;
    }
    throw new InvalidInputException(
        "folder '%s': no such folder among those that jobs may watch (intake.folders)"
            .formatted(folder));
  }

  /** A topic that a job takes samples from. */
  KafkaTopic topic(String name) {
    Map<String, String> client = new TreeMap<>();
    config
        .getConfig(ROOT + "kafka.properties")
        .entrySet()
        .forEach(
            property ->
                client.put(property.getKey(), String.valueOf(property.getValue().unwrapped())));
    return new KafkaTopic(text("kafka.bootstrap-servers"), name, KafkaTopic.Start.EARLIEST, client);
  }

  /** How many jobs may be unfinished at a time. */
  public int activeJobs() {
    return (int) number("jobs.active", 1, 1000);
  }

  /** How many samples a version learns from, unless the job says otherwise. */
  public long samples() {
    return number("jobs.samples", 1, Long.MAX_VALUE);
  }

  public long largestSamples() {
    return number("jobs.largest-samples", 1, Long.MAX_VALUE);
  }

  public int threads() {
    int threads = (int) number("jobs.threads", 0, 1024);
    return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
  }

  public Duration checkpointEvery() {
    return duration("jobs.checkpoint-every");
  }

  /** Bytes of samples that may wait, in each job, for being written. */
  public long queueBytes() {
    return bytes("intake.queue-bytes");
  }

  /** Below so much free space samples are refused. */
  public long reserveBytes() {
    return bytes("intake.reserve-bytes");
  }

  /** Of the journal; empty: embedded in the state directory. */
  public String journalUrl() {
    return text("journal.url");
  }

  public String journalUser() {
    return text("journal.user");
  }

  public String journalPassword() {
    return secret("journal.password-file");
  }

  /** How long what is under way may take to end when the service stops. */
  public Duration drain() {
    return duration("drain");
  }

  String text(String key) {
    return read(key, () -> config.getString(ROOT + key));
  }

  private List<String> texts(String key) {
    return read(key, () -> config.getStringList(ROOT + key));
  }

  private long bytes(String key) {
    return read(key, () -> config.getBytes(ROOT + key));
  }

  private Duration duration(String key) {
    return read(key, () -> config.getDuration(ROOT + key));
  }

  private long number(String key, long least, long most) {
    long value = read(key, () -> config.getLong(ROOT + key));
    if (value < least || value > most) {
      throw new InvalidInputException(
          "%s%s: found %d, expected %d to %d".formatted(ROOT, key, value, least, most));
    }
    return value;
  }

  private @Nullable Path path(String key) {
    String text = text(key);
    return text.isEmpty() ? null : Path.of(text);
  }

  private String secret(String key) {
    Path file = path(key);
    if (file == null) {
      return "";
    }
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new InvalidInputException(ROOT + key + ": " + file + " cannot be read", e);
    }
  }

  private static <T> T read(String key, java.util.function.Supplier<T> value) {
    try {
      return value.get();
    } catch (ConfigException e) {
      throw new InvalidInputException(
          ROOT + key + ": " + String.valueOf(e.getMessage()).replaceAll("\\s+", " "), e);
    }
  }
}
