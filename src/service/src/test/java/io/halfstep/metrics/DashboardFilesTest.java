package io.halfstep.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DashboardFilesTest {

  @Test
  void everyDashboardHasTheUidOfItsFile() {
    assertThat(Dashboards.grafana())
        .containsOnlyKeys(
            "halfstep-overview.json",
            "halfstep-job.json",
            "halfstep-layers.json",
            "halfstep-jvm.json")
        .allSatisfy(
            (file, liveJobs) ->
                assertThat(liveJobs.path("uid").asText() + ".json").isEqualTo(file));
  }

  @Test
  void panelsHaveIdsOfTheirOwnAndDoNotOverlap() {
    for (JsonNode liveJobs : Dashboards.grafana().values()) {
      List<Integer> ids = new ArrayList<>();
      List<String> cells = new ArrayList<>();
      for (JsonNode panel : liveJobs.path("panels")) {
        ids.add(panel.path("id").asInt());
        JsonNode at = panel.path("gridPos");
        assertThat(at.path("x").asInt() + at.path("w").asInt()).isBetween(1, 24);
        for (int x = 0; x < at.path("w").asInt(); x++) {
          for (int y = 0; y < at.path("h").asInt(); y++) {
            cells.add((at.path("x").asInt() + x) + "," + (at.path("y").asInt() + y));
          }
        }
      }
      assertThat(ids).doesNotHaveDuplicates().isNotEmpty();
      assertThat(cells).as(liveJobs.path("uid").asText()).doesNotHaveDuplicates();
    }
  }

  @Test
  void everyPanelSaysWhatItShowsAndAsksTheChosenDataSource() {
    for (JsonNode liveJobs : Dashboards.grafana().values()) {
      for (JsonNode panel : liveJobs.path("panels")) {
        if (panel.path("type").asText().equals("row")) {
          continue;
        }
        String title = panel.path("title").asText();
        assertThat(panel.path("description").asText()).as(title).isNotBlank();
        assertThat(panel.path("datasource").path("uid").asText()).isEqualTo("${datasource}");
        assertThat(panel.path("targets")).as(title).isNotEmpty();
        panel
            .path("targets")
            .forEach(
                target -> {
                  assertThat(target.path("datasource").path("uid").asText())
                      .isEqualTo("${datasource}");
                  assertThat(target.path("expr").asText()).contains("$instance");
                });
      }
      assertThat(liveJobs.path("templating").path("list").path(0).path("type").asText())
          .isEqualTo("datasource");
    }
  }

  @Test
  void everyAlertSaysHowBadItIsAndWhatToDo() {
    List<Map<String, Object>> alerts =
        Dashboards.rules().stream().filter(rule -> rule.containsKey("alert")).toList();
    assertThat(alerts).hasSizeGreaterThan(8);
    for (Map<String, Object> alert : alerts) {
      assertThat((String) alert.get("alert")).matches("Halfstep[A-Z][A-Za-z]+");
      assertThat(String.valueOf(alert.get("labels"))).matches("\\{severity=(critical|warning)}");
      assertThat((Map<?, ?>) alert.get("annotations"))
          .satisfies(
              annotations -> {
                assertThat(String.valueOf(annotations.get("summary"))).endsWith(".");
                assertThat(String.valueOf(annotations.get("description")))
                    .hasSizeGreaterThan(80)
                    .contains("$labels.");
              });
    }
  }

  /** The anchor of a heading is its text in lower case. */
  @Test
  void everyAlertHasARunbookAndEveryRunbookAnAlert() throws IOException {
    String page = "src/site/runbooks/alerts.md";
    List<String> headings =
        Files.readAllLines(Path.of(page)).stream()
            .filter(line -> line.startsWith("## "))
            .map(line -> page + "#" + line.substring(3).toLowerCase(Locale.ROOT))
            .toList();
    List<String> urls = new ArrayList<>();
    for (Map<String, Object> rule : Dashboards.rules()) {
      if (rule.get("alert") instanceof String alert) {
        String url = String.valueOf(((Map<?, ?>) rule.get("annotations")).get("runbook_url"));
        assertThat(url).endsWith("#" + alert.toLowerCase(Locale.ROOT));
        urls.add(url);
      }
    }
    assertThat(headings).containsExactlyInAnyOrderElementsOf(urls);
  }
}
