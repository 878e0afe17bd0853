package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.cli.VersionKills.Moment;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Kills during publication, trimming and roll back lose, tear or hide no version. */
@DisabledOnOs(OS.WINDOWS)
class VersionKillsIT {
  @Test
  void everyVersionStaysAsItWasPublished(@TempDir Path folder) throws Exception {
    try (VersionKills driver = new VersionKills(folder, 20261128)) {
      int before = driver.newest();
      for (int round = 0; round < 2; round++) {
        for (Moment moment : Moment.values()) {
          driver.kill(moment);
        }
      }
      assertThat(driver.newest()).isEqualTo(before + 4);
    }
  }
}
