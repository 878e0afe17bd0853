package io.halfstep.text;

/** Makes messages that may quote input safe to show. */
public final class OneLine {
  private static final int LONGEST = 1000;

  private OneLine() {}

  /** Puts a message on one line and limits its length. */
  public static String of(String message) {
    String line = message.strip().replaceAll("\\s+", " ");
    return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
  }
}
