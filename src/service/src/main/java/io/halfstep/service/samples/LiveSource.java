package io.halfstep.service.samples;

import akka.actor.typed.ActorSystem;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.source.Admission;

/** A kind of place that samples come from by themselves, such as a Kafka topic. */
public interface LiveSource {
  /**
   * What such a place is called as a parameter of a submission, and in the journal: there it can't
   * change any more.
   */
  String key();

  /**
   * Says whether the service can take samples from there; blocks.
   *
   * @throws InvalidInputException if it can't
   */
  void check(String place, ServiceSettings settings);

  /**
   * Begins to take samples from there.
   *
   * @return stops it, and returns when nothing more comes
   */
  Runnable start(String place, Target target);

  /** Who takes the samples, and what is needed to read them. */
  record Target(
      String job,
      ServiceSettings settings,
      Admission admission,
      Intake intake,
      RequestDecoder decoder,
      ActorSystem<?> system) {}
}
