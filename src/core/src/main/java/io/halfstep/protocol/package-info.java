/**
 * The messages between the actors of a run: the stages' protocol and their events.
 *
 * <p>{@link io.halfstep.protocol.StageActor} is the protocol between stages: {@code Offer} carries
 * batches and markers downstream, in order; {@code Credit} carries demand upstream, in bytes. A
 * {@link io.halfstep.protocol.RunEvent} is a stage's report to the run. Stages are identified by
 * {@link io.halfstep.protocol.StageId}, wherever their actors are. The messages have a separate
 * package because everything else depends on them: serializers, flow, actors and run.
 *
 * <p>Akka's protocols do not fit. The window of reliable delivery ({@code ConsumerController})
 * counts messages, of which one may have a kilobyte and the next a hundred megabytes, so it does
 * not bound memory. {@code Source.queue} and {@code ActorFlow} bound one edge, also by count, and
 * do not support an edge that spools so that its siblings continue. A StreamRef per edge fails its
 * stream on a lost element and materializes a separate graph for every pass. Credit in bytes is two
 * messages and a counter, and serializes.
 *
 * <p>Tensors travel in Java arrays and not in native memory: a fan-out shares them without counting
 * references, a lost message leaks nothing, and the copies at ONNX Runtime's boundary (through
 * pooled direct buffers) are a few percent of a convolution's time.
 */
@NullMarked
package io.halfstep.protocol;

import org.jspecify.annotations.NullMarked;
