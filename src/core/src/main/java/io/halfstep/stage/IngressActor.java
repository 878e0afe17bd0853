package io.halfstep.stage;

import akka.NotUsed;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.Attributes;
import akka.stream.javadsl.Sink;
import akka.stream.typed.javadsl.ActorSink;
import io.halfstep.checkpoint.StageState;
import io.halfstep.flow.Flow;
import io.halfstep.flow.RunContext;
import io.halfstep.flow.StageSetup;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Item.Checkpoint;
import io.halfstep.protocol.Item.PassEnd;
import io.halfstep.protocol.Item.PassStart;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.StageId;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The entry of the stream into the graph. It requests the next batch only when the first stages
 * have taken the last one: their credit is the stream's demand. It sets the ranges of the graph's
 * inputs.
 */
public final class IngressActor {
  /** A pass begins; batches follow. */
  private record Begin(PassStart start, ActorRef<Ready> stream)
      implements StageActor.Command, StageActor.Local {}

  /** The stream's next batch. */
  private record Next(ActorRef<Ready> stream, Batch batch)
      implements StageActor.Command, StageActor.Local {}

  /** The stream has ended. */
  private enum Complete implements StageActor.Command, StageActor.Local {
    INSTANCE
  }

  /** The stream has failed. */
  private record Broken(Throwable cause) implements StageActor.Command, StageActor.Local {}

  /** A checkpoint is due. */
  private record Due(long number) implements StageActor.Command, StageActor.Local {}

  /** Demand for one more batch. */
  private enum Ready implements StageActor.Local {
    INSTANCE
  }

  private final class Count implements StageState {
    @Override
    public void save(WireWriter to) {
      to.number(batches);
      to.number(samples);
      ranges.save(to);
    }

    @Override
    public void restore(WireReader from) {
      batches = from.number();
      samples = from.number();
      ranges.restore(from);
    }
  }

  private final Flow flow;
  private final RunContext run;
  private final OutputRanges ranges;
  private @Nullable Begin beginning;
  private @Nullable Next arrived;
  private @Nullable ActorRef<Ready> waiting;
  private @Nullable Due due;
  private PassStart start = new PassStart(Pass.OBSERVE, 0);
  private boolean resumed;
  private boolean streaming;
  private boolean ending;
  private long batches;
  private long samples;

  private IngressActor(Flow flow, RunContext run, OutputRanges ranges) {
    this.flow = flow;
    this.run = run;
    this.ranges = ranges;
    flow.restore(new Count(), () -> resumed = true);
  }

  /**
   * Creates the ingress of a graph.
   *
   * @param activations the inputs of the graph that are quantized
   */
  public static Behavior<StageActor.Command> create(
      Map<String, ActivationPlan> activations, StageSetup setup) {
    return Behaviors.setup(
        context ->
            new IngressActor(
                    new Flow(context, setup), setup.run(), new OutputRanges(setup, activations))
                .feeding());
  }

  /** Returns the sink for one pass of the stream. */
  public static Sink<Batch, NotUsed> sink(ActorRef<StageActor.Command> ingress, PassStart start) {
    return ActorSink.<Batch, StageActor.Command, Ready>actorRefWithBackpressure(
            ingress,
            Next::new,
            demand -> new Begin(start, demand),
            Ready.INSTANCE,
            Complete.INSTANCE,
            Broken::new)
        // By default it would request 16 batches before the first stage has taken one.
        .addAttributes(Attributes.inputBuffer(1, 1));
  }

  /**
   * Sends a barrier through the graph after the current batch or, between passes, before the first
   * batch of the next pass.
   */
  public static void checkpoint(ActorRef<StageActor.Command> ingress, long number) {
    ingress.tell(new Due(number));
  }

  private Behavior<StageActor.Command> feeding() {
    return Behaviors.receive(StageActor.Command.class)
        .onMessage(Begin.class, m -> after(() -> beginning = m))
        .onMessage(Due.class, m -> after(() -> due = m))
        .onMessage(Next.class, this::next)
        .onMessageEquals(Complete.INSTANCE, this::complete)
        .onMessage(Broken.class, m -> after(() -> flow.fail(m.cause())))
        .onMessage(StageActor.Credit.class, m -> after(() -> flow.credit(m)))
        .onMessage(StageActor.Cancel.class, m -> after(flow::cancel))
        .onMessage(Flow.Resume.class, m -> after(m.action()))
        .onSignal(PostStop.class, signal -> closed())
        .build();
  }

  private void begin(Begin begin) {
    beginning = null;
    start = begin.start();
    ranges.begin(start);
    if (!resumed) {
      batches = 0;
      samples = 0;
    }
    resumed = false;
    streaming = true;
    flow.emit(start);
    waiting = begin.stream();
  }

  private Behavior<StageActor.Command> next(Next next) {
    arrived = next; // a barrier may be leaving
    return after(() -> {});
  }

  private void take(Next next) {
    arrived = null;
    waiting = next.stream();
    Batch batch = next.batch();
    flow.work(
        () -> ranges.observe(batch, start.pass()),
        quantized -> {
          batches = quantized.id() + 1;
          samples += quantized.samples();
          flow.emit(quantized);
          run.events()
              .tell(
                  new RunEvent.Advanced(
                      StageId.INGRESS, start.pass(), RunEvent.Activity.RELAYING, samples, 0));
        });
  }

  private Behavior<StageActor.Command> complete() {
    ending = true;
    return after(() -> {});
  }

  private Behavior<StageActor.Command> after(Runnable action) {
    action.run();
    if (flow.isDrained() && beginning != null) {
      begin(beginning);
    }
    if (flow.isDrained() && streaming) {
      if (arrived != null) {
        take(arrived);
      } else if (ending) {
        end();
      } else if (due != null) {
        checkpoint(due);
      } else if (waiting != null) {
        waiting.tell(Ready.INSTANCE);
        waiting = null;
      }
    }
    return Behaviors.same();
  }

  private void end() {
    streaming = false;
    ending = false;
    waiting = null;
    PassEnd end = new PassEnd(start.pass(), new TreeMap<>(start.settled()));
    flow.workAfter(
        ranges.earlier(end.pass()),
        () -> ranges.endPass(end, run.events()),
        encodings -> flow.emit(new PassEnd(end.pass(), encodings)));
  }

  private void checkpoint(Due next) {
    due = null;
    run.events().tell(new RunEvent.CheckpointBegun(next.number(), start.pass(), batches, samples));
    flow.save(new Checkpoint(next.number(), batches, samples), new Count());
  }

  private Behavior<StageActor.Command> closed() {
    flow.close(List.of());
    return Behaviors.same();
  }
}
