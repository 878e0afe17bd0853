package io.halfstep.service.journal;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The registry of jobs.
 *
 * @param state the id of the state directory with their files; null if not bound yet
 * @param jobs by id, in the order of submission
 * @param lastNumber the number in the newest id; numbers are not reused
 */
public record Registry(@Nullable String state, Map<String, JobSpec> jobs, long lastNumber)
    implements JournalEntry {
  public static final Registry EMPTY = new Registry(null, Map.of(), 0);

  public Registry apply(RegistryEvent event) {
    if (event instanceof RegistryEvent.Bound e) {
      return new Registry(e.state(), jobs, lastNumber);
    }
    Map<String, JobSpec> next = new LinkedHashMap<>(jobs);
    if (event instanceof RegistryEvent.Submitted e) {
      String id = e.job().id();
      next.put(id, e.job());
      long number = Long.parseLong(id.substring(id.lastIndexOf('-') + 1));
      return new Registry(state, next, Math.max(lastNumber, number));
    }
    next.remove(((RegistryEvent.Deleted) event).id());
    return new Registry(state, next, lastNumber);
  }
}
