package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import java.util.BitSet;

/**
 * Matches patterns against layer names: {@code *} is any run of characters, slashes and dots
 * included, {@code ?} any one character, {@code {a,b}} either alternative. Every other character
 * stands for itself, including brackets and unclosed braces.
 *
 * <p>Matching takes time at most proportional to the pattern's length times the name's.
 */
final class Glob {
  private static final int LONGEST = 1000;

  private Glob() {}

  /**
   * Checks the length of a pattern.
   *
   * @param of what it names
   * @throws InvalidInputException if it is empty or too long
   */
  static void require(String glob, String of) {
    if (glob.isEmpty()) {
      throw new InvalidInputException(
          "a %s pattern is empty: expected a name or a glob".formatted(of));
    }
    if (glob.length() > LONGEST) {
      throw new InvalidInputException(
          "a %s pattern has %d characters: expected at most %d"
              .formatted(of, glob.length(), LONGEST));
    }
  }

  /** Returns whether a pattern matches a name, or is the name. */
  static boolean matches(String glob, String name) {
    return name.equals(glob) || (!isName(glob) && matchesAsGlob(glob, name));
  }

  /** A plan may have an override for each tensor of a large network. */
  private static boolean isName(String glob) {
    return glob.indexOf('*') < 0 && glob.indexOf('?') < 0 && glob.indexOf('{') < 0;
  }

  private static boolean matchesAsGlob(String glob, String name) {
    BitSet start = new BitSet();
    start.set(0);
    return ends(glob, name, start).get(name.length());
  }

  /**
   * Returns the positions in the name where a match that starts at one of {@code starts} may end.
   */
  private static BitSet ends(String glob, String name, BitSet starts) {
    BitSet at = (BitSet) starts.clone();
    for (int i = 0; i < glob.length() && !at.isEmpty(); i++) {
      char c = glob.charAt(i);
      int end = c == '{' ? glob.indexOf('}', i) : -1;
      if (end > 0) {
        at = either(glob.substring(i + 1, end), name, at);
        i = end;
      } else if (c == '*') {
        at.set(at.nextSetBit(0), name.length() + 1);
      } else {
        at = behind(c, name, at);
      }
    }
    return at;
  }

  private static BitSet either(String globs, String name, BitSet starts) {
    BitSet ends = new BitSet();
    for (String glob : globs.split(",", -1)) {
      ends.or(ends(glob, name, starts));
    }
    return ends;
  }

  private static BitSet behind(char c, String name, BitSet starts) {
    BitSet ends = new BitSet();
    for (int i = starts.nextSetBit(0); i >= 0 && i < name.length(); i = starts.nextSetBit(i + 1)) {
      if (c == '?' || c == name.charAt(i)) {
        ends.set(i + 1);
      }
    }
    return ends;
  }
}
