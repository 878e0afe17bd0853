package io.halfstep.service;

import org.slf4j.MDC;

/** Lines of the log that are about a job: they carry its id, as {@code job}. */
final class JobLog {
  private JobLog() {}

  /** Writes a line about a job. */
  static void about(String job, Runnable line) {
    with("job", job, line);
  }

  /** Writes a line about one of a job's layers; it carries the layer's name, too. */
  static void about(String job, String layer, Runnable line) {
    about(job, () -> with("layer", layer, line));
  }

  private static void with(String key, String value, Runnable line) {
    MDC.put(key, value);
    try {
      line.run();
    } finally {
      MDC.remove(key);
    }
  }
}
