package io.halfstep.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PrometheusRulesTest {
  @BeforeEach
  void promtool() {
    Promtool.require();
  }

  private static String file(String name) {
    return Dashboards.RULES.resolve(name).toString();
  }

  @Test
  void configuration() throws Exception {
    Promtool.check("", "check", "config", file("prometheus.yml"));
  }

  @Test
  void rules() throws Exception {
    Promtool.check(
        "",
        "check",
        "rules",
        "--lint=all",
        "--lint-fatal",
        file("recording-rules.yml"),
        file("alerts.yml"));
  }

  @Test
  void rulesDoWhatTheyShould() throws Exception {
    Promtool.check("", "test", "rules", file("rules-test.yml"));
  }

  @Test
  void everyAlertIsTested() throws IOException {
    String tests = Files.readString(Dashboards.RULES.resolve("rules-test.yml"));
    assertThat(Dashboards.rules().stream().map((Map<String, Object> rule) -> rule.get("alert")))
        .filteredOn(String.class::isInstance)
        .allSatisfy(alert -> assertThat(tests).contains((String) alert));
  }

  /** Failures that recover by themselves are not critical, and no alert advises deleting data. */
  @Test
  void everyAlertWaitsAndAdvisesNothingThatDestroys() throws IOException {
    assertThat(Dashboards.rules())
        .filteredOn(rule -> rule.containsKey("alert"))
        .isNotEmpty()
        .allSatisfy(
            rule -> {
              assertThat(rule).containsKey("for");
              assertThat(rule.get("annotations").toString())
                  .doesNotContainPattern("(?i)\\b(delete|cancel|remove|submit)");
            });
  }
}
