package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A minute of torture. The long form, with full disks and journal outages, is a benchmark. */
@EnabledOnOs(OS.LINUX)
class TortureIT {
  @Test
  void leavesNoTrace(@TempDir Path folder) throws Exception {
    try (Torture torture = new Torture(folder, folder.resolve("state"), "")) {
      torture.operations(4, 300);
      torture.slowHeaders(600);
      torture.blow(Torture.Moment.ROUNDING, torture.kill(3));
      torture.blow(Torture.Moment.PUBLISHING, torture.kill(4));
      torture.leftovers();
      assertThat(torture.findings().faults()).isEmpty();
    }
  }
}
