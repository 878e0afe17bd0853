package io.halfstep.service.samples;

import akka.actor.typed.ActorSystem;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.source.Admission;

/** A kind of source that delivers samples without requests, such as a Kafka topic. */
public interface LiveSource {
  /**
   * Returns the name as a parameter of a submission and in the journal, where it must not change.
   */
  String key();

  /**
   * Checks that the service can take samples from there; blocks.
   *
   * @throws InvalidInputException if it can't
   */
  void check(String place, ServiceSettings settings);

  /**
   * Starts taking samples from there.
   *
   * @return stops it; returns when no more samples arrive
   */
  Runnable start(String place, Target target);

  /** The receiver of the samples, and what is needed to read them. */
  record Target(
      String job,
      ServiceSettings settings,
      Admission admission,
      Intake intake,
      RequestDecoder decoder,
      ActorSystem<?> system) {}
}
