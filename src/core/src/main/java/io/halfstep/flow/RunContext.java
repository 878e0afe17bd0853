package io.halfstep.flow;

import akka.actor.typed.ActorRef;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.RunSettings;

/**
 * The run that a stage belongs to.
 *
 * @param events receives the stages' events
 * @param settings the same on every node
 * @param node the resources of one node
 */
public record RunContext(ActorRef<RunEvent> events, RunSettings settings, NodeResources node) {}
