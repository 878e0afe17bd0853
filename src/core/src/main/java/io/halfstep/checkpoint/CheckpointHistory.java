package io.halfstep.checkpoint;

import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one run in their store. A checkpoint is a manifest, {@code
 * 00000007.checkpoint}, and the files that it names, which it may share with others. The two newest
 * are kept. Blocking; for one run at a time.
 */
public final class CheckpointHistory {
  private static final Logger LOG = LoggerFactory.getLogger(CheckpointHistory.class);
  private static final String SUFFIX = ".checkpoint";

  /**
   * The start of a run.
   *
   * @param history its checkpoints
   * @param manifest the checkpoint to resume from, or null
   * @param next the number of the next checkpoint
   */
  public record Start(CheckpointHistory history, @Nullable Manifest manifest, long next) {
    /** Returns the files that the stages resume from. */
    public StageStates states() {
      return manifest == null
          ? new StageStates(history.store, next, Map.of(), Map.of())
          : new StageStates(
              history.store, next, names(manifest.states()), names(manifest.rounded()));
    }

    private static Map<StageId, String> names(Map<StageId, RunEvent.Saved> files) {
      Map<StageId, String> names = new TreeMap<>();
      files.forEach((stage, saved) -> names.put(stage, saved.file()));
      return names;
    }
  }

  private final CheckpointStore store;

  /** The files named by each manifest; none if it can't be read. */
  private final SortedMap<Long, Set<String>> named = new TreeMap<>();

  private long newest = -1;

  public CheckpointHistory(CheckpointStore store) {
    this.store = store;
  }

  /** Returns the newest complete checkpoint, if there is one, without checking its files. */
  public Optional<CheckpointInfo> latest() throws IOException {
    for (long number : newestFirst()) {
      try {
        return Optional.of(CheckpointInfo.of(Manifest.read(store, manifest(number))));
      } catch (IOException e) {
        LOG.debug("not readable", e);
      }
    }
    return Optional.empty();
  }

  /**
   * Finds the newest usable checkpoint, and deletes incomplete files.
   *
   * @param listener is notified of refused ones
   */
  public Start open(String fingerprint, CheckpointListener listener) throws IOException {
    store.open();
    Manifest usable = null;
    for (long number : newestFirst()) {
      named.put(number, Set.of());
      try {
        Manifest manifest = Manifest.read(store, manifest(number));
        named.put(number, filesOf(manifest));
        if (usable == null) {
          check(manifest, fingerprint);
          usable = manifest;
        }
      } catch (IOException e) {
        if (usable == null) {
          listener.refused(store.locate(manifest(number)), String.valueOf(e.getMessage()));
        }
      }
    }
    Set<String> referenced = new HashSet<>();
    named.values().forEach(referenced::addAll);
    for (String name : store.names()) {
      if (!name.endsWith(SUFFIX) && !referenced.contains(name)) {
        store.delete(name);
      }
    }
    newest = usable == null ? -1 : usable.number();
    return new Start(this, usable, named.isEmpty() ? 1 : named.lastKey() + 1);
  }

  private void check(Manifest manifest, String fingerprint) throws IOException {
    if (!manifest.fingerprint().equals(fingerprint)) {
      throw new IOException(
          "%s: found the fingerprint '%s', expected '%s': it belongs to another run"
              .formatted(
                  store.locate(manifest(manifest.number())), manifest.fingerprint(), fingerprint));
    }
    manifest.verify(store);
  }

  /** Completes a checkpoint after all its files are written, and deletes obsolete ones. */
  public CheckpointInfo commit(Manifest manifest) throws IOException {
    String name = manifest(manifest.number());
    try {
      manifest.write(store, name);
    } catch (IOException e) {
      throw new IOException(store.locate(name) + ": " + e, e);
    }
    long before = newest;
    newest = manifest.number();
    named.put(newest, filesOf(manifest));
    for (long number : List.copyOf(named.keySet())) {
      if (number != newest && number != before) {
        delete(number);
      }
    }
    return CheckpointInfo.of(manifest);
  }

  private void delete(long number) {
    try {
      // the manifest first, so that no manifest names a missing file
      store.delete(manifest(number));
      Set<String> files = named.remove(number);
      discard(files == null ? Set.of() : files);
    } catch (IOException e) {
      LOG.warn("not deleted: {}", String.valueOf(e));
    }
  }

  /** Deletes those files that no checkpoint names. */
  public void discard(Collection<String> files) throws IOException {
    Set<String> unnamed = new HashSet<>(files);
    named.values().forEach(unnamed::removeAll);
    for (String file : unnamed) {
      store.delete(file);
    }
  }

  private static Set<String> filesOf(Manifest manifest) {
    Set<String> files = new HashSet<>();
    for (RunEvent.Saved saved : manifest.states().values()) {
      files.add(saved.file());
    }
    for (RunEvent.Saved saved : manifest.rounded().values()) {
      files.add(saved.file());
    }
    return files;
  }

  private static String manifest(long number) {
    return "%08d".formatted(number) + SUFFIX;
  }

  private List<Long> newestFirst() throws IOException {
    List<Long> numbers = new ArrayList<>();
    for (String name : store.names()) {
      if (name.endsWith(SUFFIX)) {
        numbers.add(Long.valueOf(name.substring(0, name.length() - SUFFIX.length())));
      }
    }
    numbers.sort(Collections.reverseOrder());
    return numbers;
  }
}
