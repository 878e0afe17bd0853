package io.halfstep.service.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every version must read old journals: these texts must not change, only be added to. */
class JournalSerializerTest {
  private static final JobSpec SPEC =
      new JobSpec(
          "m-1",
          "m",
          "model/m.onnx",
          1024,
          0.5,
          Map.of("folder", "in"),
          1,
          0,
          0,
          1_700_000_000_000L);

  private static final Map<JournalEntry, String> WRITTEN =
      Map.ofEntries(
          Map.entry(new RegistryEvent.Bound("s"), "state-bound {\"state\":\"s\"}"),
          Map.entry(
              new RegistryEvent.Submitted(SPEC),
              "job-submitted {\"job\":{\"id\":\"m-1\",\"model\":\"m\",\"modelFile\":\"model/m.onnx\",\"samples\":1024,\"samplingRate\":0.5,\"topic\":null,\"folder\":\"in\",\"versions\":1,\"submittedAt\":1700000000000}}"),
          Map.entry(new RegistryEvent.Deleted("m-1"), "job-deleted {\"id\":\"m-1\"}"),
          Map.entry(new JobEvent.Sealed(1024, 7), "sealed {\"end\":1024,\"at\":7}"),
          Map.entry(
              new JobEvent.CheckpointCompleted(3, "round", 128, 7),
              "checkpoint-completed {\"number\":3,\"pass\":\"round\",\"samples\":128,\"at\":7}"),
          Map.entry(
              new JobEvent.Published(1, 1024, 104_285, 7, List.of()),
              "published {\"version\":1,\"samples\":1024,\"bytes\":104285,\"at\":7}"),
          Map.entry(
              new JobEvent.Published(2, 8, 104_285, 7, List.of("only 8 samples")),
              "published {\"version\":2,\"samples\":8,\"bytes\":104285,\"at\":7,\"notes\":[\"only 8 samples\"]}"),
          Map.entry(
              new JobEvent.Rejected(1024, 19.5, 24.25, 7),
              "rejected {\"samples\":1024,\"decibels\":19.5,\"currentDecibels\":24.25,\"at\":7}"),
          Map.entry(new JobEvent.Paused(7), "paused {\"at\":7}"),
          Map.entry(new JobEvent.Resumed(7), "resumed {\"at\":7}"),
          Map.entry(new JobEvent.Cancelled(7), "cancelled {\"at\":7}"),
          Map.entry(new JobEvent.Failed("no", 7), "failed {\"reason\":\"no\",\"at\":7}"),
          Map.entry(
              new Registry("s", Map.of("m-1", SPEC), 1),
              "registry {\"state\":\"s\",\"jobs\":{\"m-1\":{\"id\":\"m-1\",\"model\":\"m\",\"modelFile\":\"model/m.onnx\",\"samples\":1024,\"samplingRate\":0.5,\"topic\":null,\"folder\":\"in\",\"versions\":1,\"submittedAt\":1700000000000}},\"lastNumber\":1}"),
          Map.entry(
              new JobEvent.VersionsDropped(List.of(1, 2), 7),
              "versions-dropped {\"versions\":[1,2],\"at\":7}"),
          Map.entry(new JobEvent.RolledBack(3, 7), "rolled-back {\"version\":3,\"at\":7}"),
          Map.entry(
              new Job(
                  SPEC,
                  Job.Phase.PAUSED,
                  5,
                  9,
                  List.of(new Job.Version(1, 5, 6, 7, List.of())),
                  1,
                  new JobEvent.CheckpointCompleted(3, "round", 128, 7),
                  "no",
                  null,
                  0,
                  8),
              "job {\"spec\":{\"id\":\"m-1\",\"model\":\"m\",\"modelFile\":\"model/m.onnx\",\"samples\":1024,\"samplingRate\":0.5,\"topic\":null,\"folder\":\"in\",\"versions\":1,\"submittedAt\":1700000000000},\"phase\":\"PAUSED\",\"windowStart\":5,\"sealedAt\":9,\"versions\":[{\"version\":1,\"samples\":5,\"bytes\":6,\"at\":7}],\"current\":1,\"checkpoint\":{\"number\":3,\"pass\":\"round\",\"samples\":128,\"at\":7},\"failure\":\"no\",\"endedAt\":8}"));

  private final JournalSerializer serializer = new JournalSerializer();

  static Iterable<Map.Entry<JournalEntry, String>> written() {
    return WRITTEN.entrySet();
  }

  @ParameterizedTest
  @MethodSource("written")
  void readsAndWritesTheSameText(Map.Entry<JournalEntry, String> entry) {
    String manifest = entry.getValue().substring(0, entry.getValue().indexOf(' '));
    String json = entry.getValue().substring(entry.getValue().indexOf(' ') + 1);

    assertThat(serializer.manifest(entry.getKey())).isEqualTo(manifest);
    assertThat(new String(serializer.toBinary(entry.getKey()), UTF_8)).isEqualTo(json);
    assertThat(serializer.fromBinary(json.getBytes(UTF_8), manifest)).isEqualTo(entry.getKey());
  }

  @Test
  void inAnOlderSnapshotTheNewestVersionIsTheCurrentOne() {
    String json =
        "{\"spec\":{\"id\":\"m-1\",\"model\":\"m\",\"modelFile\":\"m.onnx\",\"samples\":8,\"samplingRate\":1,\"versions\":0,\"submittedAt\":7},\"phase\":\"PAUSED\",\"windowStart\":10,\"sealedAt\":-1,\"versions\":[{\"version\":1,\"samples\":5,\"bytes\":6,\"at\":7},{\"version\":2,\"samples\":5,\"bytes\":6,\"at\":7}],\"checkpoint\":null,\"failure\":null}";

    Job job = (Job) serializer.fromBinary(json.getBytes(UTF_8), "job");

    assertThat(job.current()).isEqualTo(2);
    assertThat(job.nextVersion()).isEqualTo(3);
    assertThat(job.endedAt()).isZero();
  }

  @Test
  void everyEntryIsHeldHere() {
    assertThat(WRITTEN.keySet().stream().map(serializer::manifest).distinct())
        .containsExactlyInAnyOrderElementsOf(JournalSerializer.manifests().toList());
  }

  @Test
  void everySourceOfAJobIsAField() {
    JobSpec spec =
        new JobSpec("m-2", "m", "m.onnx", 8, 1, Map.of("topic", "t", "folder", "in"), 0, 0, 0, 7);
    RegistryEvent.Submitted event = new RegistryEvent.Submitted(spec);

    byte[] written = serializer.toBinary(event);

    assertThat(new String(written, UTF_8))
        .contains("\"samplingRate\":1.0,\"topic\":\"t\",\"folder\":\"in\",\"versions\":0");
    assertThat(serializer.fromBinary(written, "job-submitted")).isEqualTo(event);
  }

  @Test
  void whatANewerVersionAddsIsPassedOver() {
    assertThat(serializer.fromBinary("{\"at\":7,\"by\":\"me\"}".getBytes(UTF_8), "paused"))
        .isEqualTo(new JobEvent.Paused(7));
  }

  @Test
  void anUnknownEntryIsNamed() {
    assertThatThrownBy(() -> serializer.fromBinary(new byte[0], "exploded"))
        .hasMessageContaining("'exploded'");
  }
}
