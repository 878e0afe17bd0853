package io.halfstep.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.halfstep.protocol.RunEvent;
import io.halfstep.wire.WireKryo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What could not be written stays in the process; the event that tells of it is small. */
class StateFolderTest {
  private static final int LARGE = 64 << 20;

  @TempDir Path directory;

  private Path folder;
  private StateFolder states;

  @BeforeEach
  void missingFolder() {
    folder = directory.resolve("missing");
    states = new StateFolder(folder, 7, Map.of(), Map.of());
  }

  private static void writeLarge(Output to) {
    byte[] chunk = new byte[1 << 20];
    for (int i = 0; i < LARGE; i += chunk.length) {
      to.write(chunk);
    }
  }

  private static long size(RunEvent event) {
    try (Output output = new Output(1 << 10, LARGE * 2)) {
      WireKryo.write(output, event);
      return output.total();
    }
  }

  @Test
  void integersOfAnySizeAreWrittenLater() throws IOException {
    RunEvent.NotSaved failed =
        (RunEvent.NotSaved) states.saveRounded("3-conv", StateFolderTest::writeLarge);
    assertThat(size(failed)).isLessThan(1000);
    assertThat(failed.message()).contains("missing").hasLineCount(1);
    assertThat(states.keeps(failed)).isTrue();
    assertThat(states.saveAgain(failed)).isEqualTo(failed);

    Files.createDirectory(folder);
    RunEvent.Saved saved = (RunEvent.Saved) states.saveAgain(failed);

    assertThat(saved.rounded()).isTrue();
    assertThat(saved.number()).isEqualTo(7);
    assertThat(saved.bytes()).isEqualTo(LARGE);
    assertThat(CheckpointFile.verify(folder.resolve(saved.file())).bytes()).isEqualTo(LARGE);
    assertThat(states.keeps(failed)).isFalse();
  }

  @Test
  void aSmallStateIsWrittenLaterAsItWas() throws IOException {
    int[] state = {1};
    RunEvent.NotSaved failed =
        (RunEvent.NotSaved) states.save(9, "3-conv", to -> to.writeInt(state[0]));
    state[0] = 2;
    Files.createDirectory(folder);

    RunEvent.Saved saved = (RunEvent.Saved) states.saveAgain(failed);

    assertThat(saved.number()).isEqualTo(9);
    assertThat(CheckpointFile.<Integer>read(folder.resolve(saved.file()), Input::readInt))
        .isEqualTo(1);
  }

  @Test
  void aLargeStateOrOneThatIsNotWantedIsNotKept() {
    RunEvent.NotSaved large =
        (RunEvent.NotSaved) states.save(9, "3-conv", StateFolderTest::writeLarge);
    assertThat(states.keeps(large)).isFalse();
    RunEvent.NotSaved small = (RunEvent.NotSaved) states.save(9, "4-conv", to -> to.writeInt(1));
    states.forget(small);
    assertThat(states.keeps(small)).isFalse();
  }
}
