package io.halfstep.cli;

import io.halfstep.plan.PlanSettings;
import io.halfstep.plan.Suggestion;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** The message for an unknown option. */
final class UnknownOption {
  private static final Pattern PICOCLI = Pattern.compile("Unknown options?: '(-[^'= ]+)");

  private UnknownOption() {}

  /**
   * Returns the message with the nearest option; null if picocli's message is about another
   * mistake.
   */
  static @Nullable String message(CommandSpec command, String mistake) {
    Matcher unknown = PICOCLI.matcher(mistake);
    if (!unknown.find()) {
      return null;
    }
    String option = unknown.group(1);
    Map<String, String> known = known(command);
    return "unknown option '%s'%s"
        .formatted(
            option,
            Suggestion.among(known.keySet(), option.replaceFirst("^-+", ""))
                .map(word -> ", did you mean '" + known.get(word) + "'?")
                .orElse(""));
  }

  /** Returns the options by their names and by their keys in plan files. */
  private static Map<String, String> known(CommandSpec command) {
    Map<String, String> known = new TreeMap<>();
    PlanSettings.OF_LAYERS.stream()
        .filter(setting -> command.findOption("--" + setting.group()) != null)
        .forEach(setting -> known.put(setting.layerName(), "--" + setting.group()));
    command.optionsMap().keySet().stream()
        .filter(name -> name.startsWith("--"))
        .forEach(name -> known.put(name.substring(2), name));
    return known;
  }
}
