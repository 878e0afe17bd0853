package io.halfstep.service.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValueFactory;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.intake.KafkaTopic;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a service: {@code halfstep.service} in its configuration. {@code
 * config/service.conf} has the defaults and descriptions.
 */
public record ServiceSettings(Config config) {
  private static final String ROOT = "halfstep.service.";
  private static final Config DEFAULTS =
      ConfigFactory.parseResources("service.conf")
          .withFallback(ConfigFactory.parseResources("halfstep.conf"));

  /**
   * Checks all settings.
   *
   * @throws InvalidInputException names the invalid setting
   */
  public ServiceSettings {
    SettingRules.check(config);
  }

  /**
   * Reads a configuration file over the defaults.
   *
   * @param file HOCON, or null for the defaults alone
   * @throws InvalidInputException if it is missing, can't be parsed, or has an unknown key or a
   *     value out of bounds
   */
  public static ServiceSettings read(@Nullable Path file) {
    if (file == null) {
      return new ServiceSettings(DEFAULTS);
    }
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(file + ": no such file, expected a configuration in HOCON");
    }
    try {
      Config given =
          ConfigFactory.parseFile(
              file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false));
      return new ServiceSettings(given.withFallback(DEFAULTS).resolve());
    } catch (ConfigException e) {
      String reason = String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
      throw new InvalidInputException(
          reason.startsWith(file.toString()) ? reason : file + ": " + reason, e);
    }
  }

  /**
   * Returns a copy with one value of {@code halfstep.service} replaced, e.g. by a command-line
   * option.
   */
  public ServiceSettings with(String key, Object value) {
    String option = "--" + key.substring(key.lastIndexOf('.') + 1);
    return new ServiceSettings(
        config.withValue(ROOT + key, ConfigValueFactory.fromAnyRef(value, option)));
  }

  /**
   * Reads the files that settings name, so that a missing one is reported before the start.
   *
   * @throws InvalidInputException names the setting whose file or folder can't be read
   */
  public void requireFiles() {
    secret("http.token-file");
    require("http.tokens", Files::isReadable, "a file that can be read");
    secret("http.tls.password-file");
    secret("journal.password-file");
    require("http.tls.keystore", Files::isReadable, "a file that can be read");
    require("jobs.models", Files::isDirectory, "a folder");
    require("intake.folders", Files::isDirectory, "a folder");
  }

  private void require(String key, Predicate<Path> there, String expected) {
    Path path = path(key);
    if (path != null && !there.test(path)) {
      throw new InvalidInputException(
          "%s%s: found '%s', expected %s; make it, or correct the setting"
              .formatted(ROOT, key, path, expected));
    }
  }

  public Path state() {
    return Path.of(text("state"));
  }

  public String host() {
    return text("http.host");
  }

  public int port() {
    return config.getInt(ROOT + "http.port");
  }

  /** Returns the host names of this machine besides localhost. */
  public List<String> names() {
    return texts("http.names");
  }

  /** Returns the origins of the web pages that may use the service. */
  public List<String> origins() {
    return texts("http.origins");
  }

  public int connections() {
    return config.getInt(ROOT + "http.connections");
  }

  public int connectionsPerAddress() {
    return config.getInt(ROOT + "http.connections-per-address");
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

  /** Returns the path of the keystore for TLS; null for plain HTTP. */
  public @Nullable Path keystore() {
    return path("http.tls.keystore");
  }

  public char[] keystorePassword() {
    return secret("http.tls.password-file").toCharArray();
  }

  /** Returns the path of the file with the keystore's password; null if there is none. */
  public @Nullable Path keystorePasswordFile() {
    return path("http.tls.password-file");
  }

  /** Returns the path of the file of tokens; null if there is none. */
  public @Nullable Path tokens() {
    return path("http.tokens");
  }

  /**
   * Returns the limits of a token.
   *
   * @param role whose limits are the defaults
   * @param given the token's own limits by key
   * @param place where they are given, for messages
   * @throws InvalidInputException if a key is unknown or a value is out of bounds
   */
  public TokenLimits limits(String role, Map<String, String> given, String place) {
    return TokenLimits.of(given, place, config.getConfig(ROOT + "http.limits." + role));
  }

  /** Returns the bearer token for everything; empty for none. */
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
   * Returns the path of a model that the operator has provided for jobs.
   *
   * @throws InvalidInputException if it is not in {@code jobs.models}
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

  /**
   * Resolves a path in a folder; null if it does not exist or is outside, without telling which.
   */
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
   * Returns the path of a folder whose files a job may take.
   *
   * @throws InvalidInputException if it is not in {@code intake.folders}
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

  /** Returns a topic that a job takes samples from. */
  public KafkaTopic topic(String name) {
    Map<String, String> client = new TreeMap<>();
    config
        .getConfig(ROOT + "kafka.properties")
        .entrySet()
        .forEach(
            property ->
                client.put(property.getKey(), String.valueOf(property.getValue().unwrapped())));
    return new KafkaTopic(text("kafka.bootstrap-servers"), name, KafkaTopic.Start.EARLIEST, client);
  }

  /** Returns the maximum number of unfinished jobs. */
  public int activeJobs() {
    return config.getInt(ROOT + "jobs.active");
  }

  /** Returns the default number of samples per version. */
  public long samples() {
    return config.getLong(ROOT + "jobs.samples");
  }

  public long largestSamples() {
    return config.getLong(ROOT + "jobs.largest-samples");
  }

  public int threads() {
    int threads = config.getInt(ROOT + "jobs.threads");
    return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
  }

  /** Returns how many versions of a job are calibrated at the same time: 1 or 2. */
  public int versionsAtOnce() {
    return config.getInt(ROOT + "jobs.versions-at-once");
  }

  public Duration checkpointEvery() {
    return duration("jobs.checkpoint-every");
  }

  /** Returns how many published versions of a job are kept; 0: no limit. */
  public int keepVersions() {
    return config.getInt(ROOT + "jobs.keep-versions");
  }

  /** Returns how long published versions are kept; zero: no limit. */
  public Duration keepAge() {
    return days("jobs.keep-days");
  }

  /** Returns how long jobs that have ended are kept; zero: until they are deleted. */
  public Duration keepFinished() {
    return days("jobs.keep-finished-days");
  }

  /** Returns how many new samples a version is compared with the current one on. */
  public int publishSamples() {
    return config.getInt(ROOT + "publish.samples");
  }

  /** Returns how long a finished version waits for them. */
  public Duration publishWait() {
    return duration("publish.wait");
  }

  /** Returns by how many dB a version may be worse than the current one. */
  public double publishMargin() {
    return config.getDouble(ROOT + "publish.margin-db");
  }

  /** Returns the address that is told what becomes of versions; null for none. */
  public @Nullable URI webhook() {
    String address = text("publish.webhook");
    return address.isEmpty() ? null : URI.create(address);
  }

  private Duration days(String key) {
    return Duration.ofDays(config.getInt(ROOT + key));
  }

  /** Returns the bytes of samples per job that may wait to be written. */
  public long queueBytes() {
    return bytes("intake.queue-bytes");
  }

  /** Returns the free space in bytes below which samples are refused. */
  public long reserveBytes() {
    return bytes("intake.reserve-bytes");
  }

  /** Returns the URL of the journal; empty for the embedded one in the state directory. */
  public String journalUrl() {
    return text("journal.url");
  }

  public String journalUser() {
    return text("journal.user");
  }

  public String journalPassword() {
    return secret("journal.password-file");
  }

  /** Returns the time limit for work under way when the service stops. */
  public Duration drain() {
    return duration("drain");
  }

  /** Returns the least level of logged lines: error, warn, info or debug. */
  public String logLevel() {
    return text("log.level");
  }

  /** Returns the log format: text or json. */
  public String logFormat() {
    return text("log.format");
  }

  public String text(String key) {
    return config.getString(ROOT + key);
  }

  private List<String> texts(String key) {
    return config.getValue(ROOT + key) instanceof ConfigList
        ? config.getStringList(ROOT + key)
        : List.of(text(key));
  }

  private long bytes(String key) {
    return config.getBytes(ROOT + key);
  }

  private Duration duration(String key) {
    return config.getDuration(ROOT + key);
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
    String secret;
    try {
      secret = Files.readString(file).strip();
    } catch (IOException e) {
      throw new InvalidInputException(
          "%s%s: %s can't be read (%s); make the file, readable for this user"
              .formatted(ROOT, key, file, e.getClass().getSimpleName()),
          e);
    }
    if (secret.isEmpty()) {
      throw new InvalidInputException(
          "%s%s: %s is empty; put the secret into it, or leave the setting out"
              .formatted(ROOT, key, file));
    }
    return secret;
  }
}
