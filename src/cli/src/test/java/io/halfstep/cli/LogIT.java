package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service's log, as text and as JSON. */
class LogIT {
  private static final String DATE =
      "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}(Z|[+-]\\d\\d:\\d\\d)";

  /** The installed configuration instead of the tests'. */
  private static final String AS_INSTALLED = "-Dlogback.configurationFile=logback.xml";

  /** Returns the log lines of a job that is submitted, gets an invalid request, and is deleted. */
  private static List<String> lines(Path folder, String settings) throws Exception {
    Files.createDirectories(folder);
    Path token = Files.writeString(folder.resolve("token"), "open-sesame");
    String config =
        "halfstep.service.http.token-file = \"%s\"\nhalfstep.service.log %s"
            .formatted(token, settings);
    try (ServiceProcess service =
        ServiceProcess.start(folder, folder.resolve("state"), config, AS_INSTALLED)) {
      service.token("open-sesame");
      String id = service.submitResnet("resnet", 64);
      assertThat(service.post("/jobs/" + id + "/resume", new byte[0]).status()).isEqualTo(409);
      assertThat(service.delete("/jobs/" + id).status()).isEqualTo(200);
      service.token("a stranger's");
      assertThat(service.delete("/jobs/" + id).status()).isEqualTo(401);
      assertThat(service.terminate()).isZero();
      return service.log().lines().filter(line -> !line.startsWith("halfstep")).toList();
    }
  }

  @Test
  void textHasDatesJobsAndWhoHasChangedWhat(@TempDir Path folder) throws Exception {
    List<String> lines = lines(folder, "{ level = info }");

    assertThat(lines).isNotEmpty().allMatch(line -> line.matches(DATE + " (INFO |WARN |ERROR) .*"));
    assertThat(lines)
        .anyMatch(
            line ->
                line.endsWith("INFO  resnet-1 audit: submit by 127.0.0.1, token http.token: 201"))
        .anyMatch(
            line -> line.endsWith("resnet-1 audit: resume by 127.0.0.1, token http.token: 409"))
        .anyMatch(
            line -> line.endsWith("resnet-1 audit: delete by 127.0.0.1, token http.token: 200"))
        .anyMatch(line -> line.endsWith("audit: refused DELETE /jobs/resnet-1 by 127.0.0.1: 401"))
        .anyMatch(line -> line.contains("INFO  resnet-1 JobsActor: submitted: model resnet, 64"));
  }

  @Test
  void jsonHasTheWholeMessageAndTheJob(@TempDir Path folder) throws Exception {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : lines(folder, "{ level = debug, format = json }")) {
      lines.add(new ObjectMapper().readTree(line));
    }
    assertThat(lines)
        .allSatisfy(
            line -> {
              assertThat(line.path("formattedMessage").asText()).isNotEmpty().doesNotContain("{}");
              assertThat(line.path("timestamp").asLong()).isPositive();
            });
    assertThat(lines)
        .anySatisfy(
            line -> {
              assertThat(line.path("formattedMessage").asText())
                  .isEqualTo("submit by 127.0.0.1, token http.token: 201");
              assertThat(line.at("/mdc/job").asText()).isEqualTo("resnet-1");
            });
  }

  @Test
  void theLevelIsASettingButWhoChangesWhatIsAlwaysNoted(@TempDir Path folder) throws Exception {
    assertThat(lines(folder, "{ level = error }"))
        .allMatch(line -> line.contains(" audit: "))
        .hasSize(4);
  }

  @Test
  void thatNoTokenIsAskedForIsSaidOnce(@TempDir Path folder) throws Exception {
    try (ServiceProcess service =
        ServiceProcess.start(folder, folder.resolve("state"), "", AS_INSTALLED)) {
      assertThat(service.log().lines().filter(line -> line.contains("no token is set"))).hasSize(1);
    }
  }
}
