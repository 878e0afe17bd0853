package io.halfstep.service;

/**
 * Receives events of a service; what can be queried later is in {@link LiveJobs}. Called from many
 * threads; every method returns at once.
 */
public interface ServiceObserver {
  ServiceObserver NONE = new ServiceObserver() {};

  /**
   * A request was answered.
   *
   * @param route the kind of request, one of few
   * @param status the HTTP status
   */
  default void answered(String route, int status) {}

  /** Samples were acknowledged, this many nanoseconds after their request arrived. */
  default void acknowledged(long nanos) {}

  /** A layer was rounded, after this many seconds in the solver. */
  default void rounded(double seconds) {}

  /** A checkpoint was completed, after this many seconds. */
  default void checkpointed(double seconds) {}

  /** A checkpoint failed. */
  default void checkpointFailed() {}
}
