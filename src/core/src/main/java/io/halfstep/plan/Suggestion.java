package io.halfstep.plan;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Suggests corrections of misspelt words. */
public final class Suggestion {
  private static final int MOST_EDITS = 2;

  private Suggestion() {}

  /** Returns the nearest known word within two edits (fewer for short words). */
  public static Optional<String> among(Collection<String> known, String word) {
    return known.stream()
        .filter(candidate -> edits(candidate, word) <= Math.min(MOST_EDITS, word.length() / 2))
        .min(Comparator.comparingInt(candidate -> edits(candidate, word)));
  }

  /** Returns the Levenshtein distance. */
  private static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
