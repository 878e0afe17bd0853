package io.halfstep.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.JobView;
import io.halfstep.service.LiveJob;
import io.halfstep.service.journal.JobSpec;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A page of jobs in the order of submission.
 *
 * @param next the id after which the next page begins, null on the last page; that job may be
 *     deleted by then
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record JobPage(List<JobView> jobs, @Nullable String next) {
  private static final int USUAL = 100;
  private static final int LARGEST = 1000;

  /**
   * Returns the page that a request asks for.
   *
   * @param parameters {@code after}, a job's id, and {@code limit}; both are optional
   * @throws InvalidInputException if they are invalid
   */
  static JobPage of(List<LiveJob> all, Map<String, String> parameters) {
    long after = after(parameters.get("after"));
    int limit = limit(parameters);
    List<LiveJob> rest =
        all.stream().filter(live -> live.job().spec().number() > after).limit(limit + 1L).toList();
    List<LiveJob> page = rest.subList(0, Math.min(limit, rest.size()));
    return new JobPage(
        page.stream().map(JobView::of).toList(),
        rest.size() > limit ? page.get(limit - 1).job().spec().id() : null);
  }

  /** Returns the largest number of jobs that a request asks for. */
  static int limit(Map<String, String> parameters) {
    return Parameters.wholeNumber(parameters, "limit", USUAL, LARGEST);
  }

  private static long after(@Nullable String id) {
    try {
      return id == null ? 0 : JobSpec.number(id);
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          "parameter after: found '%s', expected a job's id".formatted(Parameters.shortened(id)),
          e);
    }
  }
}
