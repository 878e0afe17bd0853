package io.halfstep.tensor;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Translates an error of ONNX Runtime: node, operator, cause, shapes and remedy on one line. */
final class RuntimeMessage {
  private static final int MOST_SHAPES = 4;

  /** The forms in which ONNX Runtime names a node; each has the groups node, op and cause. */
  private static final List<Pattern> FORMS =
      List.of(
          Pattern.compile(
              "Non-zero status code returned while running (?<op>\\S+) node\\. Name:'(?<node>.*?)'"
                  + " Status Message: (?<cause>.*)"),
          Pattern.compile(
              "This is an invalid model\\. In Node, \\(\"(?<node>.*?)\", (?<op>\\w+), .*? , Error"
                  + " (?<cause>.*)"),
          Pattern.compile(
              "This is an invalid model\\. (?<cause>Type Error: .* of operator \\((?<op>.*?)\\) in"
                  + " node \\((?<node>.*?)\\).*)"),
          Pattern.compile("Node \\((?<node>.*?)\\) Op \\((?<op>.*?)\\) (?<cause>.*)"),
          Pattern.compile(
              "(?<cause>Could not find an implementation for (?<op>\\w+)\\(\\d+\\)) node with name"
                  + " '(?<node>.*?)'"));

  private static final Pattern SOURCE_LINE =
      Pattern.compile("\\S*onnxruntime\\S*\\.(?:cc|cpp|h|hpp):\\d+ ");
  private static final Pattern SIGNATURE = Pattern.compile("[^(]*\\([^()]*\\)(?: const)? ");
  private static final String ASSERTION = " was false. ";

  private RuntimeMessage() {}

  /**
   * Returns the message for a model that is not loaded, or for one that fails on inputs.
   *
   * @param raw ONNX Runtime's message
   * @param inputs what the model was given; empty if it is not loaded
   */
  static String of(String raw, Map<String, Tensor> inputs) {
    String text =
        raw.replaceFirst("^Error code - \\w+ - message: ", "")
            .replaceFirst("^Exception during initialization: ", "")
            .strip()
            .replaceAll("\\s+", " ");
    return named(text) + shapes(inputs) + remedy(text);
  }

  private static String named(String text) {
    for (Pattern form : FORMS) {
      Matcher matcher = form.matcher(text);
      if (matcher.find()) {
        return "node '%s' (%s): %s"
            .formatted(
                matcher.group("node"), matcher.group("op"), withoutSource(matcher.group("cause")));
      }
    }
    return withoutSource(text);
  }

  /** Removes the place in ONNX Runtime's source text. */
  private static String withoutSource(String text) {
    Matcher line = SOURCE_LINE.matcher(text);
    if (!line.find()) {
      return text;
    }
    String rest = text.substring(line.end());
    int assertion = rest.indexOf(ASSERTION);
    String cause =
        assertion < 0
            ? SIGNATURE.matcher(rest).replaceFirst("")
            : rest.substring(assertion + ASSERTION.length());
    return text.substring(0, line.start()) + (cause.isBlank() ? rest : cause);
  }

  private static String shapes(Map<String, Tensor> inputs) {
    if (inputs.isEmpty()) {
      return "";
    }
    return new TreeMap<>(inputs)
        .entrySet().stream()
            .limit(MOST_SHAPES)
            .map(input -> input.getKey() + " " + input.getValue())
            .collect(
                Collectors.joining(
                    ", ", "; its inputs: ", inputs.size() > MOST_SHAPES ? ", …" : ""));
  }

  private static String remedy(String text) {
    return text.contains("Could not find an implementation")
        ? "; export the model with another operator set, or without this operator"
        : "";
  }
}
