package io.halfstep.service;

import akka.serialization.SerializerWithStringManifest;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Events as JSON under names of their own, so that classes may move. */
public final class JournalSerializer extends SerializerWithStringManifest {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private static final Map<String, Class<? extends JournalEvent>> BY_MANIFEST =
      Map.of(
          "job-submitted", RegistryEvent.Submitted.class,
          "job-deleted", RegistryEvent.Deleted.class,
          "sealed", JobEvent.Sealed.class,
          "checkpoint-completed", JobEvent.CheckpointCompleted.class,
          "published", JobEvent.Published.class,
          "paused", JobEvent.Paused.class,
          "resumed", JobEvent.Resumed.class,
          "cancelled", JobEvent.Cancelled.class,
          "failed", JobEvent.Failed.class);

  private static final Map<Class<?>, String> MANIFESTS =
      BY_MANIFEST.entrySet().stream()
          .collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));

  @Override
  public int identifier() {
    return 740_102;
  }

  @Override
  public String manifest(Object event) {
    String manifest = MANIFESTS.get(event.getClass());
    if (manifest == null) {
      throw new IllegalArgumentException("not an event of the journal: " + event.getClass());
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
    Class<? extends JournalEvent> type = BY_MANIFEST.get(manifest);
    if (type == null) {
      throw new IllegalArgumentException(
          "the journal holds an event '%s' that this version does not know".formatted(manifest));
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
