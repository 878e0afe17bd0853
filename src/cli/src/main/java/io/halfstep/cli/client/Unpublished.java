package io.halfstep.cli.client;

import com.fasterxml.jackson.databind.JsonNode;

/** Says why a job has no version yet, and what to do. */
final class Unpublished {
  private Unpublished() {}

  /**
   * Returns one line.
   *
   * @param options of further commands, see {@link ClientOptions#given()}
   */
  static String of(JsonNode job, String options) {
    String id = JobText.id(job);
    return switch (JobText.phase(job)) {
      case "cancelled" -> id + " has published nothing, it was cancelled";
      case "failed" ->
          "%s has published nothing, it failed: %s".formatted(id, job.path("error").asText());
      case "paused" ->
          "%s is not published yet: it is paused, with %s; continue with 'halfstep resume %s%s'"
              .formatted(id, samples(job), id, options);
      case "collecting" ->
          "%s is not published yet: %s; send more with 'halfstep feed %s --data PATH%s', and wait with 'halfstep watch %s%s'"
              .formatted(id, samples(job), id, options, id, options);
      default ->
          "%s is not published yet: %s, %s; wait with 'halfstep watch %s%s'"
              .formatted(id, JobText.phase(job), JobText.progress(job), id, options);
    };
  }

  private static String samples(JsonNode job) {
    return JobText.samples(job).replace("/", " of ") + " samples";
  }
}
