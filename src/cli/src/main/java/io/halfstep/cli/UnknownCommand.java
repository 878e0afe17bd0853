package io.halfstep.cli;

import io.halfstep.plan.Suggestion;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The message for an unknown command. */
final class UnknownCommand {
  /** What similar tools call our commands. */
  private static final Map<String, String> ELSEWHERE =
      Map.of(
          "list", "jobs",
          "ls", "jobs",
          "ps", "jobs",
          "stop", "cancel",
          "kill", "cancel",
          "rm", "delete",
          "get", "fetch",
          "download", "fetch",
          "log", "logs");

  private UnknownCommand() {}

  /** Returns the message with the command that may be meant; null if this is another mistake. */
  static @Nullable String message(ParameterException mistake) {
    CommandLine parent = mistake.getCommandLine();
    if (!(mistake instanceof UnmatchedArgumentException unmatched)
        || parent.getSubcommands().isEmpty()
        || unmatched.getUnmatched().get(0).startsWith("-")) {
      return null;
    }
    String word = unmatched.getUnmatched().get(0);
    return "unknown command '%s'%s"
        .formatted(
            word,
            meant(parent, word)
                .map(
                    name ->
                        ", did you mean '%s %s'?"
                            .formatted(parent.getCommandSpec().qualifiedName(), name))
                .orElse(""));
  }

  private static Optional<String> meant(CommandLine parent, String word) {
    return Optional.ofNullable(ELSEWHERE.get(word))
        .filter(parent.getSubcommands()::containsKey)
        .or(() -> Suggestion.among(parent.getSubcommands().keySet(), word));
  }
}
