package io.halfstep.flow;

import akka.actor.typed.ActorRef;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.RunSettings;

/**
 * The run that a stage belongs to.
 *
 * @param events where stages report to
 * @param settings the same on every node
 * @param node what the stages of one node share
 */
public record RunContext(ActorRef<RunEvent> events, RunSettings settings, NodeResources node) {}
