package io.halfstep.protocol;

import akka.actor.NoSerializationVerificationNeeded;
import akka.actor.typed.ActorRef;

/**
 * The protocol between stages: {@link Offer} carries data downstream, {@link Credit} demand
 * upstream.
 */
public interface StageActor {
  /** A message to a stage. */
  interface Command {}

  /** A message that may leave the process. */
  sealed interface Wire permits Connect, Offer, Credit, Cancel, RunEvent {}

  /** A message that stays within its actor or beside it. */
  interface Local extends NoSerializationVerificationNeeded {}

  /**
   * A producer connects; the consumer answers with its first {@link Credit}.
   *
   * @param inlet the consumer's inlet
   * @param producer where the inlet's credit goes
   * @param outlet the producer's outlet, named in each credit
   */
  record Connect(int inlet, ActorRef<Command> producer, int outlet) implements Command, Wire {}

  /** The next item of an inlet. */
  record Offer(int inlet, Item item) implements Command, Wire {}

  /** The consumer behind an outlet takes {@code bytes} more. */
  record Credit(int outlet, long bytes) implements Command, Wire {}

  /** The run has ended: running work must end soon, and no other may start. */
  record Cancel() implements Command, Wire {}
}
