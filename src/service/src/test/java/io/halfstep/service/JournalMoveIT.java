package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.recovery.JournalMove;
import io.halfstep.service.settings.ServiceSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class JournalMoveIT {
  @Test
  void aJournalIsNotMovedOntoAnother(@TempDir Path folder) throws Exception {
    Path config = folder.resolve("service.conf");
    try (PostgresCluster cluster = PostgresCluster.start()) {
      Files.writeString(config, cluster.config());
      ServiceSettings there = ServiceSettings.read(config);
      try (LocalService first =
          LocalService.start(there.with("state", folder.resolve("first").toString()))) {
        first.submit("one", 24);
        Path second = folder.resolve("second");
        try (LocalService service = LocalService.start(second)) {
          service.submit("two", 24);
        }

        assertThatThrownBy(() -> JournalMove.run(there.with("state", second.toString())))
            .isInstanceOf(InvalidInputException.class)
            .hasMessageContaining("has a journal of the service 'halfstep' already");

        assertThat(second.resolve("journal.mv.db")).exists();
        assertThat(first.status("one-1")).isEqualTo("collecting");
      }
    }
  }
}
