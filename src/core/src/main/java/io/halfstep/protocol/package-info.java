/**
 * The messages between the actors of a run: what stages send each other and what they report.
 *
 * <p>{@link io.halfstep.protocol.StageActor} is the protocol between stages: {@code Offer} carries
 * batches and markers downstream, in order; {@code Credit} carries demand upstream, in bytes.
 * {@link io.halfstep.protocol.RunEvent} is what a stage tells the run. Stages are named by {@link
 * io.halfstep.protocol.StageId}, so that it does not matter where their actors are. The messages
 * are a room of their own because everything else depends on them: the serializers, the plumbing,
 * the actors and the run.
 *
 * <p>Why a protocol of our own where Akka has some. Reliable delivery's window ({@code
 * ConsumerController}) counts messages, of which one may be a kilobyte and the next a hundred
 * megabytes: no bound on memory. {@code Source.queue} and {@code ActorFlow} bound one edge, again
 * by count, and know nothing of an edge that has to spool so that its siblings go on. A StreamRef
 * per edge fails its stream on a lost element and materializes a graph of its own for every pass.
 * Credit in bytes is two messages and a counter, and serializes.
 *
 * <p>Tensors travel in Java arrays and not in native memory: a fan-out shares them without counting
 * references, a lost message leaks nothing, and the copies at ONNX Runtime's boundary (through
 * pooled direct buffers) are a few percent of a convolution's time.
 */
@NullMarked
package io.halfstep.protocol;

import org.jspecify.annotations.NullMarked;
