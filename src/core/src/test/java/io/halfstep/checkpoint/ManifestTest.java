package io.halfstep.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageId;
import io.halfstep.quantizer.Candidate;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestTest {
  private static final StageId A = new StageId(1, "a");

  @TempDir Path folder;

  private static Manifest manifest() {
    RunEvent.Saved saved = new RunEvent.Saved(3, A, true, "f", 1L << 40, -1);
    ActivationStatistics statistics = new ActivationStatistics();
    statistics.add(new float[] {-1, 2, Float.NaN, 5});
    return new Manifest(
        9,
        "run",
        Pass.FINISH,
        1,
        2,
        3,
        4,
        0.5,
        new TreeMap<>(Map.of(A, saved)),
        new TreeMap<>(Map.of(A, saved)),
        new TreeMap<>(Map.of("t", Encoding.perTensor(Grid.unsigned(8), 0.25f, 17))),
        new TreeMap<>(Map.of("t", statistics)),
        Map.of(Candidate.NEAREST, new TreeMap<>(Map.of("logits", 12.5))),
        6,
        7);
  }

  /** The file as this schema was written first; another form needs another schema version. */
  @Test
  void isWrittenAsItEverWasAndRead() throws Exception {
    CheckpointStore store = new CheckpointFolder(folder);
    manifest().write(store, "00000009.checkpoint");
    Path written = folder.resolve("00000009.checkpoint");
    try (InputStream golden = getClass().getResourceAsStream("schema-10.checkpoint")) {
      assertThat(written).hasBinaryContent(golden.readAllBytes());
    }
    assertThat(Manifest.read(store, "00000009.checkpoint")).isEqualTo(manifest());
  }
}
