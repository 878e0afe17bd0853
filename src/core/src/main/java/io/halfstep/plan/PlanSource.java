package io.halfstep.plan;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.failure.TooLargeException;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Parses HOCON files, trusted or not. */
final class PlanSource {
  /** The maximum nesting of an untrusted plan; layers in a list take two levels. */
  static final int DEEPEST = 16;

  private static final ConfigParseOptions HOCON =
      ConfigParseOptions.defaults().setSyntax(ConfigSyntax.CONF).setAllowMissing(false);

  private PlanSource() {}

  /** Parses the user's file; it may include other files and use environment variables. */
  static ConfigObject own(Path file) {
    return ConfigFactory.parseFile(file.toFile(), HOCON).resolve().root();
  }

  /** Parses an untrusted file, without includes. */
  static ConfigObject foreign(Path file) {
    requireFlat(file, text(file));
    Config config = ConfigFactory.parseFile(file.toFile(), HOCON.setIncluder(new Nothing(file)));
    if (!config.isResolved()) {
      throw new InvalidInputException(
          file + ": refers to another value by ${…}; write the value itself");
    }
    return config.root();
  }

  private static String text(Path file) {
    try {
      if (Files.size(file) > PlanFile.LARGEST) {
        throw new TooLargeException("%s: longer than %d bytes".formatted(file, PlanFile.LARGEST));
      }
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (java.nio.charset.CharacterCodingException e) {
      throw new InvalidInputException(file + ": not UTF-8", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Checks the nesting by counting brackets, since the parser's recursion has no limit. */
  private static void requireFlat(Path file, String text) {
    int depth = 0;
    for (int i = 0; i < text.length(); i++) {
      switch (text.charAt(i)) {
        case '[', '{' -> depth++;
        case ']', '}' -> depth--;
        case '"' -> i = closingQuote(text, i);
        case '#' -> i = lineEnd(text, i);
        case '/' -> i = text.startsWith("//", i) ? lineEnd(text, i) : i;
        default -> {}
      }
      if (depth > DEEPEST) {
        throw new InvalidInputException(
            "%s: nested deeper than %d levels".formatted(file, DEEPEST));
      }
    }
  }

  private static int closingQuote(String text, int open) {
    if (text.startsWith("\"\"\"", open)) {
      int close = text.indexOf("\"\"\"", open + 3);
      int last = close < 0 ? text.length() : close + 2;
      while (text.startsWith("\"", last + 1)) { // in a run of quotes, the last three close
        last++;
      }
      return last;
    }
    int i = open + 1;
    while (i < text.length() && text.charAt(i) != '"' && text.charAt(i) != '\n') {
      i += text.charAt(i) == '\\' ? 2 : 1;
    }
    return i;
  }

  private static int lineEnd(String text, int from) {
    int end = text.indexOf('\n', from);
    return end < 0 ? text.length() : end;
  }

  /** Rejects every kind of include. */
  private record Nothing(Path file)
      implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderURL, ConfigIncluderClasspath {
    private InvalidInputException refused() {
      return new InvalidInputException(
          file + ": includes another file; write what it says into this one");
    }

    @Override
    public ConfigIncluder withFallback(ConfigIncluder fallback) {
      return this;
    }

    @Override
    public ConfigObject include(ConfigIncludeContext context, String what) {
      throw refused();
    }

    @Override
    public ConfigObject includeFile(ConfigIncludeContext context, File what) {
      throw refused();
    }

    @Override
    public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
      throw refused();
    }

    @Override
    public ConfigObject includeResources(ConfigIncludeContext context, String what) {
      throw refused();
    }
  }
}
