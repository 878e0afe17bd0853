package io.halfstep.service;

import org.jspecify.annotations.Nullable;

/**
 * What was asked of a job; it never changes.
 *
 * @param id unique in the service
 * @param model the name that inference requests are sent to
 * @param modelFile the float model, relative to the job's folder, or absolute where it stays where
 *     it is
 * @param samples how many samples each version learns from
 * @param samplingRate the share of the offered samples that is taken, in (0, 1]
 * @param topic the Kafka topic that samples are taken from besides, or null
 * @param folder the folder whose files are taken besides, or null
 * @param versions how many versions to publish, each from samples of its own; 0: one after another,
 *     until the job is cancelled
 * @param submittedAt milliseconds since 1970
 */
public record JobSpec(
    String id,
    String model,
    String modelFile,
    long samples,
    double samplingRate,
    @Nullable String topic,
    @Nullable String folder,
    int versions,
    long submittedAt) {

  /** The number at the end of the id: the later submitted, the greater. */
  public long number() {
    return number(id);
  }

  /**
   * The number at the end of a job's id.
   *
   * @throws NumberFormatException if it is no job's id
   */
  public static long number(String id) {
    return Long.parseLong(id.substring(id.lastIndexOf('-') + 1));
  }
}
