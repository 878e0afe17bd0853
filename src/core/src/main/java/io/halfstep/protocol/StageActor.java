package io.halfstep.protocol;

import akka.actor.NoSerializationVerificationNeeded;
import akka.actor.typed.ActorRef;
import io.halfstep.quantizer.Candidate;
import io.halfstep.quantizer.Encoding;
import org.jspecify.annotations.Nullable;

/**
 * The protocol between stages: {@link Offer} carries data downstream, {@link Credit} demand
 * upstream.
 */
public interface StageActor {
  /** A message to a stage. */
  interface Command {}

  /** A message that may leave the process. */
  sealed interface Wire permits Connect, Offer, Credit, Cancel, Learned, RunEvent {}

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

  /**
   * What a block has learned for a layer; told between two passes.
   *
   * @param candidate the weights that it belongs to
   * @param layer its weight and bias
   * @param input the encoding of its input; null if the layer reads it in float
   */
  record Learned(Candidate candidate, RunEvent.Rounded layer, @Nullable Encoding input)
      implements Command, Wire {}

  /** The run has ended: running work must end soon, and no other may start. */
  record Cancel() implements Command, Wire {}
}
