/**
 * The actors, one per layer and one per group of operators, and what they compute and learn.
 *
 * <p>Each stage is an actor over a {@link io.halfstep.flow.Flow}. {@link
 * io.halfstep.stage.IngressActor} turns the first stages' credit into the demand of an Akka stream,
 * so that one chain of backpressure runs from the last layer to the sender; {@link
 * io.halfstep.stage.EgressActor} measures what leaves the graph. An actor only passes messages on;
 * its state and arithmetic ({@code LayerState}, {@code LayerLearning}, {@code LayerProgram}, {@code
 * OperatorProgram}) run on the run's workers.
 */
@NullMarked
package io.halfstep.stage;

import org.jspecify.annotations.NullMarked;
