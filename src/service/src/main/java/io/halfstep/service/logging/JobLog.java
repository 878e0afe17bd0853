package io.halfstep.service.logging;

import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.Behaviors;
import java.util.Map;
import org.slf4j.MDC;

/** Log lines about a job; they have its id as {@code job}. */
public final class JobLog {
  private JobLog() {}

  /** Wraps an actor of a job: all lines logged while it handles a message are about the job. */
  public static <T> Behavior<T> about(String job, Class<T> messages, Behavior<T> actor) {
    return Behaviors.withMdc(messages, Map.of("job", job), actor);
  }

  /** Logs a line about a job. */
  public static void about(String job, Runnable line) {
    with("job", job, line);
  }

  /** Logs a line about a layer of a job; it also has the layer's name. */
  public static void about(String job, String layer, Runnable line) {
    about(job, () -> with("layer", layer, line));
  }

  private static void with(String key, String value, Runnable line) {
    String before = MDC.get(key);
    MDC.put(key, value);
    try {
      line.run();
    } finally {
      if (before == null) {
        MDC.remove(key);
      } else {
        MDC.put(key, before);
      }
    }
  }
}
