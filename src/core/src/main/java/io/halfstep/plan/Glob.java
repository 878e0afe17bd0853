package io.halfstep.plan;

import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Patterns over layer names: {@code *} any run of characters, slashes and dots included, {@code ?}
 * any one, {@code {a,b}} either. All else, brackets and a brace that nothing closes included,
 * stands for itself.
 */
final class Glob {
  private Glob() {}

  static boolean matches(String glob, String name) {
    return Pattern.compile(regex(glob), Pattern.DOTALL).matcher(name).matches();
  }

  private static String regex(String glob) {
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < glob.length(); i++) {
      char c = glob.charAt(i);
      int end = c == '{' ? glob.indexOf('}', i) : -1;
      if (end > 0) {
        regex.append(
            Arrays.stream(glob.substring(i + 1, end).split(",", -1))
                .map(Glob::regex)
                .collect(Collectors.joining("|", "(?:", ")")));
        i = end;
      } else if (c == '*') {
        regex.append(".*");
      } else if (c == '?') {
        regex.append('.');
      } else {
        regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return regex.toString();
  }
}
