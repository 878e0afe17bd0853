/**
 * The actors, one per layer and one per group of operators, and their computations.
 *
 * <p>Each stage is an actor over a {@link io.halfstep.flow.Flow}. {@link
 * io.halfstep.stage.IngressActor} converts the first stages' credit to the demand of an Akka
 * stream, so that backpressure reaches from the last layer to the sender; {@link
 * io.halfstep.stage.EgressActor} measures the outputs of the graph. An actor only passes messages
 * on; its state and arithmetic ({@code LayerState}, {@code LayerLearning}, {@code LayerProgram},
 * {@code OperatorProgram}) run on the run's workers.
 */
@NullMarked
package io.halfstep.stage;

import org.jspecify.annotations.NullMarked;
