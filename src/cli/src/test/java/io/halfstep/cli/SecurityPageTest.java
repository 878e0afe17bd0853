package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;

/** Each rule on the security page names existing tests. */
class SecurityPageTest {
  private static final Path TESTS = Path.of("src");
  private static final Pattern NAME = Pattern.compile("`(\\w+)#(\\w+)`");

  private static List<String> rows() throws IOException {
    return Files.readAllLines(Path.of("src/site/security.md")).stream()
        .filter(line -> line.startsWith("| ") && !line.endsWith("test |"))
        .toList();
  }

  @Test
  void eachLineNamesWhatHoldsIt() throws IOException {
    assertThat(rows()).hasSizeGreaterThan(30).allMatch(row -> NAME.matcher(row).find());
  }

  @Test
  void eachTestThatIsNamedIsThere() throws Exception {
    Map<String, Class<?>> classes = new HashMap<>();
    for (MatchResult name : NAME.matcher(String.join("\n", rows())).results().toList()) {
      Class<?> tests = classes.computeIfAbsent(name.group(1), SecurityPageTest::load);
      assertThat(Arrays.stream(tests.getDeclaredMethods()).filter(SecurityPageTest::isTest))
          .as(name.group())
          .extracting(Method::getName)
          .contains(name.group(2));
    }
  }

  private static boolean isTest(Method method) {
    return AnnotationSupport.isAnnotated(method, Testable.class);
  }

  private static Class<?> load(String name) {
    try (Stream<Path> files = Files.walk(TESTS)) {
      Path file =
          files
              .filter(path -> path.endsWith(name + ".java"))
              .findFirst()
              .orElseThrow(() -> new AssertionError("no such class of tests: " + name));
      String full =
          file.toString()
              .replace(".java", "")
              .replaceAll("[/\\\\]", ".")
              .replaceFirst(".*\\.src\\.test\\.java\\.", "");
      return Class.forName(full, false, SecurityPageTest.class.getClassLoader());
    } catch (IOException | ClassNotFoundException e) {
      throw new AssertionError(name, e);
    }
  }
}
