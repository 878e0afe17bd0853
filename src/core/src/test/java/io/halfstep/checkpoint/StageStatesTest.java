package io.halfstep.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageId;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What could not be written stays in the process; the event that tells of it is small. */
class StageStatesTest {
  private static final int LARGE = 64 << 20;
  private static final StageId THIRD = new StageId(3, "conv");

  @TempDir Path directory;

  private Path folder;
  private StageStates states;

  @BeforeEach
  void missingFolder() {
    folder = directory.resolve("missing");
    states = new StageStates(new CheckpointFolder(folder), 7, Map.of(), Map.of());
  }

  private static void writeLarge(WireWriter to) {
    byte[] chunk = new byte[1 << 20];
    for (int i = 0; i < LARGE; i += chunk.length) {
      to.bytes(chunk, chunk.length);
    }
  }

  private static long size(RunEvent event) {
    try (WireWriter writer = WireWriter.inMemory(-1)) {
      return writer.object(event).bytes().length;
    }
  }

  @Test
  void integersOfAnySizeAreWrittenLater() throws IOException {
    RunEvent.NotSaved failed =
        (RunEvent.NotSaved) states.saveRounded(THIRD, StageStatesTest::writeLarge);
    assertThat(size(failed)).isLessThan(1000);
    assertThat(failed.message()).contains("missing").hasLineCount(1);
    assertThat(states.keeps(failed)).isTrue();
    assertThat(states.saveAgain(failed)).isEqualTo(failed);

    Files.createDirectory(folder);
    RunEvent.Saved saved = (RunEvent.Saved) states.saveAgain(failed);

    assertThat(saved.rounded()).isTrue();
    assertThat(saved.number()).isEqualTo(7);
    assertThat(saved.bytes()).isEqualTo(LARGE);
    assertThat(new CheckpointFolder(folder).verify(saved.file()).bytes()).isEqualTo(LARGE);
    assertThat(states.keeps(failed)).isFalse();
  }

  @Test
  void aSmallStateIsWrittenLaterAsItWas() throws IOException {
    int[] state = {1};
    RunEvent.NotSaved failed = (RunEvent.NotSaved) states.save(9, THIRD, to -> to.number(state[0]));
    state[0] = 2;
    Files.createDirectory(folder);

    RunEvent.Saved saved = (RunEvent.Saved) states.saveAgain(failed);

    assertThat(saved.number()).isEqualTo(9);
    assertThat(new CheckpointFolder(folder).<Integer>read(saved.file(), WireReader::integer))
        .isEqualTo(1);
  }

  @Test
  void aLargeStateOrOneThatIsNotWantedIsNotKept() {
    RunEvent.NotSaved large =
        (RunEvent.NotSaved) states.save(9, THIRD, StageStatesTest::writeLarge);
    assertThat(states.keeps(large)).isFalse();
    RunEvent.NotSaved small =
        (RunEvent.NotSaved) states.save(9, new StageId(4, "conv"), to -> to.number(1));
    states.forget(small);
    assertThat(states.keeps(small)).isFalse();
  }
}
