package io.halfstep.protocol;

/**
 * Identifies a stage of a run in events, messages and checkpoints, wherever its actor is.
 *
 * @param number 0 for the ingress; the stages follow in order; the egress is last
 * @param name for users; need not be unique
 */
public record StageId(int number, String name) implements Comparable<StageId> {
  /** The ingress. */
  public static final StageId INGRESS = new StageId(0, "input");

  /**
   * Returns the form for file and actor names: the number, and the permitted characters of the
   * name.
   */
  public String label() {
    return number + "-" + name.replaceAll("[^A-Za-z0-9._-]", "_");
  }

  @Override
  public int compareTo(StageId other) {
    return Integer.compare(number, other.number);
  }

  @Override
  public String toString() {
    return name;
  }
}
