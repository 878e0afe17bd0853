package io.halfstep.service.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Section;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Validates the settings of the service. */
final class SettingRules {
  private static final long KIB = 1L << 10;
  private static final long GIB = 1L << 30;
  private static final long TIB = 1L << 40;
  private static final long EIB = 1L << 60;
  private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";
  private static final String BROKERS = "([^\\s,:]+:\\d{1,5}(,[^\\s,:]+:\\d{1,5})*)?";
  private static final String JOURNAL = "(jdbc:postgresql:\\S+)?";

  private SettingRules() {}

  /**
   * Checks every setting of {@code halfstep.service}, and that there are no unknown ones.
   *
   * @param config including the defaults
   * @throws InvalidInputException names the first mistake: its location, the value found, and what
   *     was expected
   */
  static void check(Config config) {
    Section root = new Section(config.root(), "");
    ConfigFactory.defaultReferenceUnresolved().root().keySet().forEach(root::section);
    Section halfstep = root.object("halfstep");
    root.rejectOtherKeys();
    Section service = halfstep.object("service");
    halfstep.rejectOtherKeys();
    matching(service, "name", NAME, "1 to 64 letters, digits, dots, dashes or underscores");
    service.read(
        "state", "a folder, e.g. /var/lib/halfstep", text -> text.isBlank() ? null : path(text));
    duration(service, "drain", Duration.ZERO, Duration.ofHours(1), "from 0 s to 1 h, e.g. 10 s");
    http(service.object("http"));
    jobs(service.object("jobs"));
    publish(service.object("publish"));
    intake(service.object("intake"));
    journal(service.object("journal"));
    kafka(service.object("kafka"));
    log(service.object("log"));
    service.rejectOtherKeys();
  }

  private static void http(Section http) {
    matching(http, "host", "[^\\s/]+", "an address or a name of this machine, e.g. 127.0.0.1");
    http.number("port", 0, 65_535);
    matching(http, "token", "[!-~]*", "letters, digits and signs without spaces, or nothing");
    file(http, "token-file");
    file(http, "tokens");
    Section limits = http.object("limits");
    for (String role : List.of("feed", "read", "admin")) {
      limits(limits.object(role));
    }
    limits.rejectOtherKeys();
    size(http, "request-bytes", KIB, GIB, "from 1 KiB to 1 GiB, e.g. 64 MiB");
    http.number("connections", 1, 1_000_000);
    http.number("connections-per-address", 1, 1_000_000);
    for (String timeout : List.of("header-timeout", "body-timeout", "idle-timeout")) {
      duration(
          http,
          timeout,
          Duration.ofMillis(100),
          Duration.ofHours(1),
          "from 100 ms to 1 h, e.g. 30 s");
    }
    all(
        http,
        "names",
        "[^\\s/:]+|\\[[0-9a-fA-F:.]+]",
        "names of this machine without a port, e.g. [calibration.example]");
    all(
        http,
        "origins",
        "https?://[^\\s/]+",
        "origins of web pages, e.g. [\"https://wiki.example\"]");
    Section tls = http.object("tls");
    file(tls, "keystore");
    file(tls, "password-file");
    tls.rejectOtherKeys();
    http.rejectOtherKeys();
  }

  /** Checks the limits of a role or of a token. */
  static void limits(Section limits) {
    limits.number("requests-per-second", 0, 1_000_000);
    for (String size : List.of("bytes-per-second", "body-bytes")) {
      size(limits, size, 0, TIB, "from 0 (no limit) to 1 TiB, e.g. 16 MiB");
    }
    limits.rejectOtherKeys();
  }

  private static void jobs(Section jobs) {
    jobs.number("active", 1, 1000);
    long largest = jobs.number("largest-samples", 1, Integer.MAX_VALUE - 1L).orElseThrow();
    jobs.number("samples", 1, largest);
    size(jobs, "model-bytes", KIB, TIB, "from 1 KiB to 1 TiB, e.g. 2 GiB");
    file(jobs, "models");
    jobs.number("threads", 0, 1024);
    jobs.number("versions-at-once", 1, 2);
    duration(
        jobs,
        "checkpoint-every",
        Duration.ofMillis(10),
        Duration.ofDays(1),
        "from 10 ms to 1 d, e.g. 10 s");
    jobs.number("keep-versions", 0, 1_000_000);
    jobs.number("keep-days", 0, 36_500);
    jobs.number("keep-finished-days", 0, 36_500);
    jobs.rejectOtherKeys();
  }

  private static void publish(Section publish) {
    publish.number("samples", 1, 100_000);
    duration(publish, "wait", Duration.ZERO, Duration.ofDays(365), "of 0 s or more, e.g. 1 m");
    matching(publish, "margin-db", "\\d{1,3}(\\.\\d{1,6})?", "a number from 0 to 999, e.g. 0.5");
    publish.read(
        "webhook",
        "an address, e.g. https://ci.example/halfstep, or nothing",
        only(text -> text.isEmpty() || isWebAddress(text)));
    publish.rejectOtherKeys();
  }

  private static void intake(Section intake) {
    size(intake, "queue-bytes", KIB, 16 * GIB, "from 1 KiB to 16 GiB, e.g. 16 MiB");
    size(intake, "reserve-bytes", 0, EIB, "of 0 or more, e.g. 64 MiB");
    file(intake, "folders");
    intake.rejectOtherKeys();
  }

  private static void journal(Section journal) {
    matching(
        journal,
        "url",
        JOURNAL,
        "jdbc:postgresql://HOST:PORT/DATABASE, or nothing for the embedded journal");
    journal.read("user", "a name, or nothing", text -> text);
    file(journal, "password-file");
    journal.rejectOtherKeys();
  }

  private static void kafka(Section kafka) {
    matching(kafka, "bootstrap-servers", BROKERS, "HOST:PORT,HOST:PORT,… or nothing");
    kafka.object("properties");
    kafka.rejectOtherKeys();
  }

  private static void log(Section log) {
    matching(log, "level", "error|warn|info|debug", "error, warn, info or debug");
    matching(log, "format", "text|json", "text or json");
    log.rejectOtherKeys();
  }

  private static boolean isWebAddress(String text) {
    try {
      URI address = new URI(text);
      return List.of("http", "https").contains(address.getScheme()) && address.getHost() != null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private static void matching(Section section, String key, String pattern, String expected) {
    section.read(key, expected, only(text -> text.matches(pattern)));
  }

  private static void all(Section section, String key, String pattern, String expected) {
    section.all(key, expected, only(text -> text.matches(pattern)));
  }

  private static void file(Section section, String key) {
    section.read(key, "a path, or nothing", SettingRules::path);
  }

  private static @Nullable Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      return null;
    }
  }

  private static void size(Section section, String key, long least, long most, String expected) {
    section.read(
        key,
        "a size " + expected,
        only(text -> in(value(text, config -> config.getBytes("v")), least, most)));
  }

  private static void duration(
      Section section, String key, Duration least, Duration most, String expected) {
    section.read(
        key,
        "a time " + expected,
        only(text -> in(value(text, config -> config.getDuration("v")), least, most)));
  }

  private static Function<String, @Nullable String> only(Predicate<String> fits) {
    return text -> fits.test(text) ? text : null;
  }

  private static <T> @Nullable T value(String text, Function<Config, T> reading) {
    try {
      return reading.apply(ConfigValueFactory.fromAnyRef(text).atKey("v"));
    } catch (ConfigException e) {
      return null;
    }
  }

  private static <T extends Comparable<T>> boolean in(@Nullable T value, T least, T most) {
    return value != null && value.compareTo(least) >= 0 && value.compareTo(most) <= 0;
  }
}
