package io.halfstep.service.samples;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.intake.KafkaIntake;
import io.halfstep.intake.KafkaMessage;
import io.halfstep.service.logging.JobLog;
import io.halfstep.service.settings.ServiceSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A Kafka topic whose messages are inference requests. */
final class TopicSource implements LiveSource {
  private static final Logger LOG = LoggerFactory.getLogger(TopicSource.class);

  @Override
  public String key() {
    return "topic";
  }

  @Override
  public void check(String topic, ServiceSettings settings) {
    if (settings.text("kafka.bootstrap-servers").isEmpty()) {
      throw new InvalidInputException(
          "topic '%s': the service knows no Kafka brokers (kafka.bootstrap-servers)"
              .formatted(topic));
    }
  }

  @Override
  public Runnable start(String topic, Target target) {
    Intake intake = target.intake();
    KafkaIntake.Running running =
        KafkaIntake.start(
            target.settings().topic(topic),
            intake,
            message ->
                intake.sampled(
                    target
                        .decoder()
                        .decode(message.value(), message.headers(), target.admission())),
            new Listener(topic, target),
            target.system());
    return () -> running.stop().toCompletableFuture().join();
  }

  private record Listener(String topic, Target target) implements KafkaIntake.Listener {
    @Override
    public void rejected(KafkaMessage message, InvalidInputException reason) {
      target
          .intake()
          .rejected(
              "topic %s, partition %d, offset %d"
                  .formatted(message.topic(), message.partition(), message.offset()),
              reason);
    }

    @Override
    public void failed(String why) {
      JobLog.about(target.job(), () -> LOG.warn("topic {}: begins anew: {}", topic, why));
    }
  }
}
