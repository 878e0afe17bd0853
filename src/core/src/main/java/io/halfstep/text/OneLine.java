package io.halfstep.text;

/** A message that may repeat what somebody has sent, as it can be shown. */
public final class OneLine {
  private static final int LONGEST = 1000;

  private OneLine() {}

  /** In one line, and not longer than can be read. */
  public static String of(String message) {
    String line = message.strip().replaceAll("\\s+", " ");
    return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
  }
}
