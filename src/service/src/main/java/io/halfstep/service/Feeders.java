package io.halfstep.service;

import akka.actor.typed.ActorSystem;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.intake.KafkaIntake;
import io.halfstep.intake.KafkaMessage;
import io.halfstep.intake.WatchedFolder;
import io.halfstep.source.Admission;
import io.halfstep.source.ImageSpec;
import io.halfstep.source.Rejections;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What brings samples to a job by itself: a Kafka topic, a watched folder. */
final class Feeders implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Feeders.class);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

  private final List<Runnable> stops = new ArrayList<>();

  private Feeders() {}

  /** Starts what the job asks for. */
  static Feeders start(
      JobSpec spec,
      ServiceSettings settings,
      Admission admission,
      Intake intake,
      RequestDecoder decoder,
      ActorSystem<?> system) {
    Feeders feeders = new Feeders();
    try {
      feeders.begin(spec, settings, admission, intake, decoder, system);
      return feeders;
    } catch (RuntimeException e) {
      feeders.close();
      throw e;
    }
  }

  private void begin(
      JobSpec spec,
      ServiceSettings settings,
      Admission admission,
      Intake intake,
      RequestDecoder decoder,
      ActorSystem<?> system) {
    if (spec.topic() != null) {
      KafkaIntake.Running running =
          KafkaIntake.start(
              settings.topic(spec.topic()),
              intake,
              message ->
                  intake.sampled(decoder.decode(message.value(), message.headers(), admission)),
              ofTopic(spec, intake),
              system);
      stops.add(() -> running.stop().toCompletableFuture().join());
    }
    if (spec.folder() != null) {
      WatchedFolder watched =
          WatchedFolder.start(
              settings.watched(spec.folder()),
              admission,
              ImageSpec.DEFAULT,
              intake,
              ofFolder(spec.id(), intake),
              LOOK_EVERY,
              system);
      stops.add(watched::close);
    }
  }

  private static KafkaIntake.Listener ofTopic(JobSpec spec, Intake intake) {
    return new KafkaIntake.Listener() {
      @Override
      public void rejected(KafkaMessage message, InvalidInputException reason) {
        intake.rejected(
            "topic %s, partition %d, offset %d"
                .formatted(message.topic(), message.partition(), message.offset()),
            reason);
      }

      @Override
      public void failed(String why) {
        JobLog.about(spec.id(), () -> LOG.warn("topic {}: begins anew: {}", spec.topic(), why));
      }
    };
  }

  private static WatchedFolder.Listener ofFolder(String job, Intake intake) {
    return new WatchedFolder.Listener() {
      @Override
      public void taken(Path file, long samples, Rejections rejections) {
        JobLog.about(job, () -> LOG.info("{}: {} samples", file.getFileName(), samples));
      }

      @Override
      public void rejected(Path file, InvalidInputException reason) {
        intake.rejected(file.toString(), reason);
      }

      @Override
      public void failed(Path path, String why) {
        JobLog.about(job, () -> LOG.warn("{}: {}", path, why));
      }
    };
  }

  /** Stops them; returns when nothing more comes. */
  @Override
  public void close() {
    stops.forEach(Runnable::run);
  }
}
