package io.halfstep.extending;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@code src/site/extending.md} says is there. */
class ExtendingPageTest {
  private static final Path SOURCES = Path.of("src");
  private static final Pattern TYPE = Pattern.compile("`([A-Z][A-Za-z]*[a-z][A-Za-z]*)`");
  private static final Pattern FILE = Pattern.compile("`((?:config|src)/[^`]+)`");

  private final String page = Files.readString(SOURCES.resolve("site/extending.md"));

  ExtendingPageTest() throws IOException {}

  @Test
  void everyTypeExists() throws IOException {
    assertThat(sources().keySet()).containsAll(named(TYPE));
  }

  @Test
  void everyFileExists() {
    assertThat(named(FILE)).allSatisfy(file -> assertThat(Path.of(file)).exists());
  }

  @Test
  void theExampleIsTheOneThatIsCompiled() throws IOException {
    String compiled = Files.readString(sources().get("RootMeanSquare"));
    int start = page.indexOf("```java\n") + "```java\n".length();
    String shown = page.substring(start, page.indexOf('…', start)).stripTrailing();

    assertThat(compiled).contains(shown);
  }

  private static Map<String, Path> sources() throws IOException {
    Map<String, Path> sources = new HashMap<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.filter(file -> file.toString().endsWith(".java")).toList()) {
        sources.put(file.getFileName().toString().replace(".java", ""), file);
      }
    }
    return sources;
  }

  private Set<String> named(Pattern pattern) {
    return pattern
        .matcher(page)
        .results()
        .map((MatchResult match) -> match.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
