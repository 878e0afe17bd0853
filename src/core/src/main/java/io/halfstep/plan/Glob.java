package io.halfstep.plan;

import java.util.BitSet;

/**
 * Patterns over layer names: {@code *} any run of characters, slashes and dots included, {@code ?}
 * any one, {@code {a,b}} either. All else, brackets and a brace that nothing closes included,
 * stands for itself.
 *
 * <p>Nothing is tried twice: the time is at most the pattern's length times the name's.
 */
final class Glob {
  private Glob() {}

  static boolean matches(String glob, String name) {
    BitSet start = new BitSet();
    start.set(0);
    return ends(glob, name, start).get(name.length());
  }

  /** Where in the name the pattern may end, if it begins at one of these places. */
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
