package io.halfstep.protocol;

/**
 * Which stage of a run. Events, messages and checkpoints name a stage by it, wherever its actor is.
 *
 * @param number 0 where the stream enters the graph; the stages follow in their order; where the
 *     stream leaves the graph comes last
 * @param name for people; two stages may share it
 */
public record StageId(int number, String name) implements Comparable<StageId> {
  /** Where the stream enters the graph. */
  public static final StageId INGRESS = new StageId(0, "input");

  /** In file and actor names: the number, and the name as far as these take it. */
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
