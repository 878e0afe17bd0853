package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.ActorThreads;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service's actors do not block. */
class ServiceThreadsTest {
  /** Covers versions compared with earlier ones, a refused job, and removed jobs. */
  @Test
  void neitherComputeNorTouchFiles(@TempDir Path directory) throws Exception {
    ActorThreads.passMessagesOn(
        () -> {
          try (LocalService service = LocalService.start(directory)) {
            for (int i = 0; i < 5; i++) {
              String name = "net" + i;
              String id = service.submit(name, 8, 3);
              assertThatThrownBy(() -> service.submit(name, 8, 1)).hasMessageContaining("another");
              for (int version = 0; version < 3; version++) {
                int published = version;
                service.await(id, view -> view.versions().size() == published);
                service.feed(id, 8 * version, 8);
              }
              service.awaitCompleted(id);
              LocalService.done(service.service().delete(id));
            }
          }
          return null;
        });
  }
}
