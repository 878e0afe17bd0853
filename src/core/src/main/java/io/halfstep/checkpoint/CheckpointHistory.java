package io.halfstep.checkpoint;

import io.halfstep.protocol.RunEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one run on the disk. A checkpoint is a manifest, {@code 00000007.checkpoint},
 * and the files that it names, which it may share with others. The two newest are kept. Blocking;
 * one run at a time.
 */
public final class CheckpointFolder {
  private static final Logger LOG = LoggerFactory.getLogger(CheckpointFolder.class);
  private static final String SUFFIX = ".checkpoint";
  private static final Pattern OURS =
      Pattern.compile("\\d{8,18}(-.+\\.(state|rounded)|\\.checkpoint(\\.tmp)?)");

  /**
   * Where a run begins.
   *
   * @param folder its checkpoints
   * @param manifest what it goes on from; null: afresh
   * @param next the number of the next checkpoint
   */
  public record Start(CheckpointFolder folder, @Nullable Manifest manifest, long next) {
    /** Where the stages find what they go on from. */
    public StateFolder states() {
      return manifest == null
          ? new StateFolder(folder.folder, next, Map.of(), Map.of())
          : new StateFolder(
              folder.folder, next, paths(manifest.states()), paths(manifest.rounded()));
    }

    private Map<String, Path> paths(Map<String, RunEvent.Saved> files) {
      Map<String, Path> paths = new TreeMap<>();
      files.forEach((stage, saved) -> paths.put(stage, folder.folder.resolve(saved.file())));
      return paths;
    }
  }

  private final Path folder;

  /** What each manifest that is there names; nothing, if it can't be read. */
  private final SortedMap<Long, Set<String>> named = new TreeMap<>();

  private long newest = -1;

  public CheckpointFolder(Path folder) {
    this.folder = folder;
  }

  /** The newest complete checkpoint, if there is one; its files are not looked at. */
  public Optional<CheckpointInfo> latest() throws IOException {
    for (long number : newestFirst()) {
      try {
        return Optional.of(CheckpointInfo.of(Manifest.read(manifest(number))));
      } catch (IOException e) {
        LOG.debug("not readable", e);
      }
    }
    return Optional.empty();
  }

  /** What all checkpoints take on the disk. */
  public long bytes() throws IOException {
    long bytes = 0;
    for (Path file : ours()) {
      try {
        bytes += Files.size(file);
      } catch (NoSuchFileException e) { // a run replaces old ones
        LOG.debug("gone", e);
      }
    }
    return bytes;
  }

  /**
   * Finds the newest checkpoint that can be used, and clears away what was left half-written.
   *
   * @param listener is told which ones were refused
   */
  public Start open(String fingerprint, CheckpointListener listener) throws IOException {
    Files.createDirectories(folder);
    Manifest usable = null;
    for (long number : newestFirst()) {
      named.put(number, Set.of());
      try {
        Manifest manifest = Manifest.read(manifest(number));
        named.put(number, filesOf(manifest));
        if (usable == null) {
          check(manifest, fingerprint);
          usable = manifest;
        }
      } catch (IOException e) {
        if (usable == null) {
          listener.refused(manifest(number), String.valueOf(e.getMessage()));
        }
      }
    }
    Set<String> referenced = new HashSet<>();
    named.values().forEach(referenced::addAll);
    for (Path file : ours()) {
      String name = file.getFileName().toString();
      if (!name.endsWith(SUFFIX) && !referenced.contains(name)) {
        Files.delete(file);
      }
    }
    newest = usable == null ? -1 : usable.number();
    return new Start(this, usable, named.isEmpty() ? 1 : named.lastKey() + 1);
  }

  private void check(Manifest manifest, String fingerprint) throws IOException {
    if (!manifest.fingerprint().equals(fingerprint)) {
      throw new IOException(
          "%s: found the fingerprint '%s', expected '%s': it is of another run"
              .formatted(manifest(manifest.number()), manifest.fingerprint(), fingerprint));
    }
    manifest.verify(folder);
  }

  /** Completes a checkpoint, all of whose files are written, and deletes those that are old now. */
  public CheckpointInfo commit(Manifest manifest) throws IOException {
    Path file = manifest(manifest.number());
    try {
      manifest.write(file);
    } catch (IOException e) {
      throw new IOException(file + ": " + e, e);
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
      // first the manifest: none that is there names a file that is not
      Files.deleteIfExists(manifest(number));
      Set<String> files = named.remove(number);
      discard(files == null ? Set.of() : files);
    } catch (IOException e) {
      LOG.warn("not deleted: {}", String.valueOf(e));
    }
  }

  /** Deletes those of the files that no checkpoint names. */
  public void discard(Collection<String> files) throws IOException {
    Set<String> unnamed = new HashSet<>(files);
    named.values().forEach(unnamed::removeAll);
    for (String file : unnamed) {
      Files.deleteIfExists(folder.resolve(file));
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

  private Path manifest(long number) {
    return folder.resolve("%08d".formatted(number) + SUFFIX);
  }

  private List<Long> newestFirst() throws IOException {
    List<Long> numbers = new ArrayList<>();
    for (Path file : ours()) {
      String name = file.getFileName().toString();
      if (name.endsWith(SUFFIX)) {
        numbers.add(Long.valueOf(name.substring(0, name.length() - SUFFIX.length())));
      }
    }
    numbers.sort(Collections.reverseOrder());
    return numbers;
  }

  private List<Path> ours() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(f -> OURS.matcher(f.getFileName().toString()).matches()).toList();
    }
  }
}
