/**
 * The actors, one per layer and one per group of operators, and the messages between them.
 *
 * <p>{@link io.halfstep.layer.StageActor} is the protocol: {@code Offer} carries batches and
 * markers downstream, in order; {@code Credit} carries demand upstream, in bytes. Each stage is an
 * actor over a {@link io.halfstep.layer.Flow}: {@link io.halfstep.layer.Inlets} joins what arrives,
 * {@link io.halfstep.layer.Outlets} sends what credit covers, and computations run off the mailbox,
 * one at a time per stage. {@link io.halfstep.layer.IngressActor} turns the first stages' credit
 * into the demand of an Akka stream, so that one chain of backpressure runs from the last layer to
 * the sender.
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
package io.halfstep.layer;

import org.jspecify.annotations.NullMarked;
