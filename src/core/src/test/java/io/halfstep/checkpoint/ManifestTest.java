package io.halfstep.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestTest {
  @TempDir Path folder;

  @Test
  void isReadAsItWasWritten() throws Exception {
    RunEvent.Saved saved = new RunEvent.Saved(3, "1-a", true, "f", 1L << 40, -1);
    ActivationStatistics statistics = new ActivationStatistics();
    statistics.add(new float[] {-1, 2, Float.NaN, 5});
    Manifest manifest =
        new Manifest(
            9,
            "run",
            Pass.FINISH,
            1,
            2,
            3,
            4,
            0.5,
            new TreeMap<>(Map.of("1-a", saved)),
            new TreeMap<>(Map.of("1-b", saved)),
            new TreeMap<>(Map.of("t", Encoding.perTensor(Grid.unsigned(8), 0.25f, 17))),
            new TreeMap<>(Map.of("t", statistics)));
    Path file = folder.resolve("00000009.checkpoint");
    manifest.write(file);
    assertThat(Manifest.read(file)).isEqualTo(manifest);
  }
}
