package io.halfstep.protocol;

import akka.actor.typed.ActorRef;
import java.util.List;

/**
 * A consumer of a stage.
 *
 * @param ref the consumer
 * @param inlet the consumer's inlet for this edge
 * @param tensors what it reads
 */
public record Target(ActorRef<StageActor.Command> ref, int inlet, List<String> tensors) {}
