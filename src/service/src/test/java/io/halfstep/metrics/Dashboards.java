package io.halfstep.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.yaml.snakeyaml.Yaml;

/** Reads the files under {@code dashboards/}. */
final class Dashboards {
  static final Path ROOT = Path.of("dashboards");
  static final Path RULES = ROOT.resolve("prometheus");

  private static final Pattern NAME = Pattern.compile("[A-Za-z_:][A-Za-z0-9_:]*");

  private Dashboards() {}

  /** Returns Grafana's dashboards by file name. */
  static Map<String, JsonNode> grafana() {
    Map<String, JsonNode> dashboards = new TreeMap<>();
    try (Stream<Path> files = Files.list(ROOT.resolve("grafana/dashboards"))) {
      for (Path file : files.toList()) {
        dashboards.put(file.getFileName().toString(), new ObjectMapper().readTree(file.toFile()));
      }
      return dashboards;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns all recording rules and alerts. */
  static List<Map<String, Object>> rules() {
    List<Map<String, Object>> rules = new ArrayList<>();
    for (String file : List.of("recording-rules.yml", "alerts.yml")) {
      for (Map<String, Object> group : maps(yaml(RULES.resolve(file)).get("groups"))) {
        rules.addAll(maps(group.get("rules")));
      }
    }
    return rules;
  }

  @SuppressWarnings("unchecked") // YAML's types are unchecked
  static Map<String, Object> yaml(Path file) {
    try {
      return (Map<String, Object>) new Yaml().load(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @SuppressWarnings("unchecked") // as above
  private static List<Map<String, Object>> maps(Object list) {
    return (List<Map<String, Object>>) list;
  }

  /** Returns the queries of panels, annotations, variables and rules. */
  static List<String> queries() {
    List<String> queries = new ArrayList<>();
    for (JsonNode dashboard : grafana().values()) {
      dashboard
          .path("panels")
          .forEach(
              panel -> panel.path("targets").forEach(t -> queries.add(t.path("expr").asText())));
      dashboard
          .path("annotations")
          .path("list")
          .forEach(annotation -> queries.add(annotation.path("expr").asText()));
      dashboard
          .path("templating")
          .path("list")
          .forEach(variable -> queries.add(variable.path("definition").asText()));
    }
    rules().forEach(rule -> queries.add(String.valueOf(rule.get("expr"))));
    return queries;
  }

  /** Returns the metrics in queries: those with a known prefix, and those that rules record. */
  static Set<String> metrics(List<String> queries) {
    Set<String> names = new TreeSet<>();
    for (String query : queries) {
      Matcher matcher = NAME.matcher(query);
      while (matcher.find()) {
        String name = matcher.group();
        if (name.contains(":") || name.matches("(halfstep|jvm|process|system)_.*")) {
          names.add(name);
        }
      }
    }
    return names;
  }

  /** Returns the names that rules record. */
  static Set<String> recorded() {
    Set<String> names = new TreeSet<>();
    rules().stream()
        .map(rule -> rule.get("record"))
        .filter(String.class::isInstance)
        .forEach(name -> names.add((String) name));
    return names;
  }
}
