/**
 * The actors, one per layer and one per group of operators, and the messages between them.
 *
 * <p>{@link io.halfstep.protocol.StageActor} is the protocol: {@code Offer} carries batches and
 * markers downstream, in order; {@code Credit} carries demand upstream, in bytes. Each stage is an
 * actor over a {@link io.halfstep.flow.Flow}: {@link io.halfstep.flow.Inlets} joins what arrives,
 * {@link io.halfstep.flow.Outlets} sends what credit covers, and computations run off the mailbox,
 * one at a time per stage. {@link io.halfstep.stage.IngressActor} turns the first stages' credit
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
 * <p>A checkpoint is an {@code Item.Checkpoint}, a barrier in the stream: a stage that it reaches,
 * on all of its inlets, has dealt with just the batches before it, saves what it has gathered
 * ({@link io.halfstep.checkpoint.StageState}), and sends it on. Where layers keep batches back, in the
 * round pass, there is only a barrier in front of the first; each layer then saves its integers as
 * soon as it has them, and a run that resumes streams the pass again, through layers that are done
 * and only relay. {@link io.halfstep.checkpoint.Manifest} makes files a checkpoint.
 *
 * <p>Tensors travel in Java arrays and not in native memory: a fan-out shares them without counting
 * references, a lost message leaks nothing, and the copies at ONNX Runtime's boundary (through
 * pooled direct buffers) are a few percent of a convolution's time.
 */
@NullMarked
package io.halfstep.stage;

import io.halfstep.protocol.Item;

import org.jspecify.annotations.NullMarked;
