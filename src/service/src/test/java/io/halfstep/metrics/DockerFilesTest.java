package io.halfstep.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.http.access.Role;
import io.halfstep.http.access.Tokens;
import io.halfstep.intake.KafkaBroker;
import io.halfstep.service.settings.ServiceSettings;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Checks of the container files that need no container engine. */
class DockerFilesTest {
  private static final Path DOCKER = Path.of("docker");

  private static Map<?, ?> map(Object from, String key) {
    return (Map<?, ?>) ((Map<?, ?>) from).get(key);
  }

  private static List<String> dockerfile() throws Exception {
    return Files.readAllLines(DOCKER.resolve("Dockerfile"));
  }

  @Test
  void theImageIsBuiltOnFixedVersionsAndRunsAsNobodySpecial() throws Exception {
    List<String> lines = dockerfile();
    assertThat(lines.stream().filter(line -> line.startsWith("FROM ")))
        .hasSize(2)
        .allMatch(from -> from.matches("FROM [a-z-]+:17\\.[0-9._]+-(jdk|jre)-[a-z]+( AS build)?"));
    assertThat(lines).contains("USER halfstep").anyMatch(line -> line.startsWith("HEALTHCHECK "));
    int user = lines.indexOf("USER halfstep");
    assertThat(lines.subList(user, lines.size())).noneMatch(line -> line.startsWith("RUN "));
  }

  /** Uses a program instead of Java that reports how it was started. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void whatTheServiceWritesIsForItsOwnUser(@TempDir Path folder) throws Exception {
    Path java = folder.resolve("java");
    Files.writeString(java, "#!/bin/sh\numask\necho \"$@\"\n");
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwx------"));
    String entry =
        dockerfile().stream().filter(l -> l.startsWith("ENTRYPOINT ")).findFirst().orElseThrow();
    List<String> command = new ArrayList<>();
    new ObjectMapper().readTree(entry.substring(11)).forEach(word -> command.add(word.asText()));
    command.addAll(List.of("serve", "--config", "a b"));
    ProcessBuilder process = new ProcessBuilder(command);
    process.environment().merge("PATH", folder + ":", (path, first) -> first + path);

    assertThat(new String(process.start().getInputStream().readAllBytes(), UTF_8))
        .isEqualTo(
            "0077\n-cp /opt/halfstep/*:/opt/halfstep/lib/* io.halfstep.cli.Main"
                + " serve --config a b\n");
  }

  @Test
  void whatIsCopiedIsThereAndReachesTheBuild() throws Exception {
    List<String> admitted = Files.readAllLines(Path.of(".dockerignore"));
    for (String line : dockerfile()) {
      if (line.startsWith("COPY ") && !line.contains("--from")) {
        String[] words = line.substring(5).split(" ", -1);
        for (String from : List.of(words).subList(0, words.length - 1)) {
          assertThat(Path.of(from)).exists();
          assertThat(admitted).anyMatch(entry -> entry.matches("!" + from + "(/.*)?"));
        }
      }
    }
  }

  @Test
  void everyServiceHasAFixedVersionAndAHealthCheck() throws Exception {
    Map<String, Object> compose = Dashboards.yaml(DOCKER.resolve("compose.yaml"));
    Map<?, ?> services = map(compose, "services");
    assertThat(services.keySet().stream().map(String::valueOf))
        .containsExactlyInAnyOrder(
            "halfstep", "postgres", "kafka", "prometheus", "alertmanager", "grafana");
    services.forEach(
        (name, service) -> {
          assertThat(String.valueOf(((Map<?, ?>) service).get("image")))
              .matches("[a-z/-]+:v?[0-9]+\\.[0-9]+.*");
          assertThat(name.equals("halfstep") || map(service, "healthcheck").containsKey("test"))
              .isTrue();
        });
  }

  @Test
  void whatIsMountedIsThere() {
    Map<String, Object> compose = Dashboards.yaml(DOCKER.resolve("compose.yaml"));
    Map<?, ?> volumes = map(compose, "volumes");
    Map<?, ?> secrets = map(compose, "secrets");
    map(compose, "services")
        .values()
        .forEach(
            service -> {
              for (Object mount : (List<?>) ((Map<?, ?>) service).get("volumes")) {
                String from = mount.toString().replaceFirst(":.*", "");
                if (from.startsWith(".")) {
                  assertThat(DOCKER.resolve(from)).exists();
                } else {
                  assertThat(volumes.containsKey(from)).as(from).isTrue();
                }
              }
              Object wanted = ((Map<?, ?>) service).get("secrets");
              if (wanted != null) {
                ((List<?>) wanted)
                    .forEach(secret -> assertThat(secrets.containsKey(secret)).isTrue());
              }
            });
  }

  /** Runs the commands at the top of compose.yaml. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void prometheusHasATokenThatOnlyReads(@TempDir Path folder) throws Exception {
    String commands =
        Files.readAllLines(DOCKER.resolve("compose.yaml")).stream()
            .filter(line -> line.matches("#   (mkdir|for|line|\\{).*"))
            .map(line -> line.substring(1))
            .collect(Collectors.joining("\n"));
    Process shell =
        new ProcessBuilder("bash", "-ec", commands)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    assertThat(new String(shell.getInputStream().readAllBytes(), UTF_8)).isEmpty();

    ServiceSettings settings = ServiceSettings.read(DOCKER.resolve("service.conf"));
    assertThat(settings.tokens()).isEqualTo(Path.of("/run/secrets/halfstep-tokens"));
    Path file = folder.resolve("secrets/halfstep-tokens");
    Tokens tokens = Tokens.of(settings.with("http.tokens", file.toString()));
    assertThat(role(tokens, folder.resolve("secrets/prometheus-token"))).isEqualTo(Role.READ);
    assertThat(role(tokens, folder.resolve("secrets/halfstep-token"))).isEqualTo(Role.ADMIN);
    assertThat(Files.readString(DOCKER.resolve("prometheus.yml")))
        .contains("credentials_file: /run/secrets/prometheus-token");
  }

  private static Role role(Tokens tokens, Path token) throws Exception {
    return tokens.find(Files.readString(token).strip()).orElseThrow().token().role();
  }

  @Test
  void theServicesSettingsNameTheirNeighbours() {
    ServiceSettings settings = ServiceSettings.read(DOCKER.resolve("service.conf"));
    assertThat(settings.journalUrl()).isEqualTo("jdbc:postgresql://postgres:5432/halfstep");
    assertThat(settings.host()).isEqualTo("0.0.0.0");
    assertThat(settings.state()).isEqualTo(Path.of("/var/lib/halfstep/state"));
  }

  @Test
  void prometheusScrapesAsItDoesOutsideOfContainers() {
    Map<String, Object> inside = Dashboards.yaml(DOCKER.resolve("prometheus.yml"));
    Map<String, Object> outside = Dashboards.yaml(Dashboards.RULES.resolve("prometheus.yml"));
    assertThat(inside.get("global")).isEqualTo(outside.get("global"));
    assertThat(inside.get("rule_files")).isEqualTo(outside.get("rule_files"));
    assertThat(inside.toString()).contains("halfstep:8620", "job_name=halfstep");
    assertThat(outside.toString()).contains("127.0.0.1:8620", "job_name=halfstep");
  }

  @Test
  void prometheusTellsAlertmanagerWhoHasARouteForEachSeverity() throws Exception {
    Map<String, Object> prometheus = Dashboards.yaml(DOCKER.resolve("prometheus.yml"));
    assertThat(map(prometheus, "alerting").toString()).contains("alertmanager:9093");
    Map<String, Object> alertmanager = Dashboards.yaml(DOCKER.resolve("alertmanager.yml"));
    assertThat(map(alertmanager, "route").get("receiver")).isEqualTo("operators");
    assertThat(map(alertmanager, "route").get("routes").toString())
        .contains("severity = \"critical\"", "on-call");
  }

  @Test
  void prometheussAndAlertmanagersOwnChecks() throws Exception {
    Promtool.require();
    Promtool.check("", "check", "config", "--syntax-only", DOCKER.resolve("prometheus.yml") + "");
    Promtool.require("amtool", "prometheus-alertmanager");
    Promtool.run("amtool", "", "check-config", DOCKER.resolve("alertmanager.yml") + "");
  }

  /** A script checks Kafka's protocol, which avoids starting a virtual machine each time. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void kafkasHealthCheckTellsABrokerFromWhatOnlyListens(@TempDir Path folder) throws Exception {
    Map<String, Object> compose = Dashboards.yaml(DOCKER.resolve("compose.yaml"));
    Object check = map(map(map(compose, "services"), "kafka"), "healthcheck").get("test");
    assertThat(check)
        .isEqualTo(List.of("CMD", "bash", "/usr/local/bin/kafka-answers.sh", "127.0.0.1", "9092"));
    try (KafkaBroker broker = KafkaBroker.start(folder);
        ServerSocket mute = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      assertThat(kafkaAnswers(broker.address().replaceFirst(".*:", ""))).isZero();
      assertThat(kafkaAnswers(Integer.toString(mute.getLocalPort()))).isNotZero();
    }
    assertThat(kafkaAnswers("1")).isNotZero();
  }

  private static int kafkaAnswers(String port) throws Exception {
    return new ProcessBuilder(
            "bash", DOCKER.resolve("kafka-answers.sh").toString(), "127.0.0.1", port)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
