package io.halfstep.service.samples;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.intake.WatchedFolder;
import io.halfstep.service.logging.JobLog;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.source.ImageSpec;
import io.halfstep.source.Rejections;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A folder in the service's file system whose new files are taken as samples. */
final class FolderSource implements LiveSource {
  private static final Logger LOG = LoggerFactory.getLogger(FolderSource.class);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

  @Override
  public String key() {
    return "folder";
  }

  @Override
  public void check(String folder, ServiceSettings settings) {
    settings.watched(folder);
  }

  @Override
  public Runnable start(String folder, Target target) {
    WatchedFolder watched =
        WatchedFolder.start(
            target.settings().watched(folder),
            target.admission(),
            ImageSpec.DEFAULT,
            target.intake(),
            new Listener(target),
            LOOK_EVERY,
            target.system());
    return watched::close;
  }

  private record Listener(Target target) implements WatchedFolder.Listener {
    @Override
    public void taken(Path file, long samples, Rejections rejections) {
      JobLog.about(target.job(), () -> LOG.info("{}: {} samples", file.getFileName(), samples));
    }

    @Override
    public void rejected(Path file, InvalidInputException reason) {
      target.intake().rejected(file.toString(), reason);
    }

    @Override
    public void failed(Path path, String why) {
      JobLog.about(target.job(), () -> LOG.warn("{}: {}", path, why));
    }

    @Override
    public void waits(Path folder, String why) {
      JobLog.about(target.job(), () -> LOG.debug("{}: goes on later: {}", folder, why));
    }
  }
}
