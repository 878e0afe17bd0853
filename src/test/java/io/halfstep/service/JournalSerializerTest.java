package io.halfstep.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is in a journal is read for ever: these texts must not change, only be added to. */
class JournalSerializerTest {
  private static final JobSpec SPEC =
      new JobSpec("m-1", "m", "model/m.onnx", 1024, 0.5, null, "in", 1, 1_700_000_000_000L);

  private static final Map<JournalEvent, String> WRITTEN =
      Map.of(
          new RegistryEvent.Submitted(SPEC),
          "job-submitted {\"job\":{\"id\":\"m-1\",\"model\":\"m\",\"modelFile\":\"model/m.onnx\",\"samples\":1024,\"samplingRate\":0.5,\"topic\":null,\"folder\":\"in\",\"versions\":1,\"submittedAt\":1700000000000}}",
          new RegistryEvent.Deleted("m-1"),
          "job-deleted {\"id\":\"m-1\"}",
          new JobEvent.Sealed(1024, 7),
          "sealed {\"end\":1024,\"at\":7}",
          new JobEvent.CheckpointCompleted(3, "round", 128, 7),
          "checkpoint-completed {\"number\":3,\"pass\":\"round\",\"samples\":128,\"at\":7}",
          new JobEvent.Published(1, 1024, 104_285, 7),
          "published {\"version\":1,\"samples\":1024,\"bytes\":104285,\"at\":7}",
          new JobEvent.Paused(7),
          "paused {\"at\":7}",
          new JobEvent.Resumed(7),
          "resumed {\"at\":7}",
          new JobEvent.Cancelled(7),
          "cancelled {\"at\":7}",
          new JobEvent.Failed("no", 7),
          "failed {\"reason\":\"no\",\"at\":7}");

  private final JournalSerializer serializer = new JournalSerializer();

  static Iterable<Map.Entry<JournalEvent, String>> written() {
    return WRITTEN.entrySet();
  }

  @ParameterizedTest
  @MethodSource("written")
  void readsAndWritesTheSameText(Map.Entry<JournalEvent, String> entry) {
    String manifest = entry.getValue().substring(0, entry.getValue().indexOf(' '));
    String json = entry.getValue().substring(entry.getValue().indexOf(' ') + 1);

    assertThat(serializer.manifest(entry.getKey())).isEqualTo(manifest);
    assertThat(new String(serializer.toBinary(entry.getKey()), UTF_8)).isEqualTo(json);
    assertThat(serializer.fromBinary(json.getBytes(UTF_8), manifest)).isEqualTo(entry.getKey());
  }

  @Test
  void everyEventIsHeldHere() {
    assertThat(WRITTEN.keySet().stream().map(serializer::manifest))
        .containsExactlyInAnyOrderElementsOf(JournalSerializer.manifests().toList());
  }

  @Test
  void whatANewerVersionAddsIsPassedOver() {
    assertThat(serializer.fromBinary("{\"at\":7,\"by\":\"me\"}".getBytes(UTF_8), "paused"))
        .isEqualTo(new JobEvent.Paused(7));
  }

  @Test
  void anUnknownEventIsNamed() {
    assertThatThrownBy(() -> serializer.fromBinary(new byte[0], "exploded"))
        .hasMessageContaining("'exploded'");
  }
}
