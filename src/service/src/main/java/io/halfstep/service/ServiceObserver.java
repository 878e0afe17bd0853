package io.halfstep.service;

/**
 * Is told what happens in a service, as it happens; what can be looked up later is on the {@link
 * LiveJobs}. Called from many threads; every method returns at once.
 */
public interface ServiceObserver {
  ServiceObserver NONE = new ServiceObserver() {};

  /**
   * A request was answered.
   *
   * @param route the kind of request, one of few
   * @param status of HTTP
   */
  default void answered(String route, int status) {}

  /**
   * Samples are durable and their sender knows it, so many nanoseconds after their request came.
   */
  default void acknowledged(long nanos) {}

  /** A layer has its integers, after so many seconds in the solver. */
  default void rounded(double seconds) {}

  /** A checkpoint is complete, after so many seconds. */
  default void checkpointed(double seconds) {}

  /** A checkpoint could not be made. */
  default void checkpointFailed() {}
}
