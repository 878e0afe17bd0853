package io.halfstep.service.journal;

import akka.serialization.SerializerWithStringManifest;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Stores events and snapshots as JSON under fixed names, so that classes may move. */
public final class JournalSerializer extends SerializerWithStringManifest {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
          .build();

  private static final Map<String, Class<? extends JournalEntry>> BY_MANIFEST =
      Map.ofEntries(
          Map.entry("state-bound", RegistryEvent.Bound.class),
          Map.entry("job-submitted", RegistryEvent.Submitted.class),
          Map.entry("job-deleted", RegistryEvent.Deleted.class),
          Map.entry("sealed", JobEvent.Sealed.class),
          Map.entry("checkpoint-completed", JobEvent.CheckpointCompleted.class),
          Map.entry("published", JobEvent.Published.class),
          Map.entry("rejected", JobEvent.Rejected.class),
          Map.entry("versions-dropped", JobEvent.VersionsDropped.class),
          Map.entry("rolled-back", JobEvent.RolledBack.class),
          Map.entry("paused", JobEvent.Paused.class),
          Map.entry("resumed", JobEvent.Resumed.class),
          Map.entry("cancelled", JobEvent.Cancelled.class),
          Map.entry("failed", JobEvent.Failed.class),
          Map.entry("job", Job.class),
          Map.entry("registry", Registry.class));

  private static final Map<Class<?>, String> MANIFESTS =
      BY_MANIFEST.entrySet().stream()
          .collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));

  @Override
  public int identifier() {
    return 740_102;
  }

  @Override
  public String manifest(Object entry) {
    return manifest(entry.getClass());
  }

  public static String manifest(Class<?> type) {
    String manifest = MANIFESTS.get(type);
    if (manifest == null) {
      throw new IllegalArgumentException("not an entry of the journal: " + type);
    }
    return manifest;
  }

  @Override
  public byte[] toBinary(Object event) {
    try {
      return MAPPER.writeValueAsBytes(event);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) {
    Class<? extends JournalEntry> type = BY_MANIFEST.get(manifest);
    if (type == null) {
      throw new IllegalArgumentException(
          "the journal holds an entry '%s' that this version does not know".formatted(manifest));
    }
    try {
      return MAPPER.readValue(bytes, type);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<String> manifests() {
    return BY_MANIFEST.keySet().stream();
  }
}
