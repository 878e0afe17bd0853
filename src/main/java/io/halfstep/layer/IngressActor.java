package io.halfstep.layer;

import akka.NotUsed;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.Attributes;
import akka.stream.javadsl.Sink;
import akka.stream.typed.javadsl.ActorSink;
import io.halfstep.layer.Item.Batch;
import io.halfstep.layer.Item.PassEnd;
import io.halfstep.layer.Item.PassStart;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where the stream enters the graph. It asks the stream for the next batch only when the first
 * stages have taken the last one: their credit is the stream's demand. It owns the quantizers of
 * the graph's inputs.
 */
public final class IngressActor {
  /** A pass begins; batches follow. */
  private record Begin(Pass pass, ActorRef<Ready> stream)
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

  /** Demand for one more batch. */
  private enum Ready implements StageActor.Local {
    INSTANCE
  }

  /** The stage's name in events and messages. */
  public static final String NAME = "input";

  private final Flow flow;
  private final RunContext run;
  private final ActivationQuantizers quantizers;
  private @Nullable ActorRef<Ready> waiting;
  private Pass pass = Pass.OBSERVE;
  private boolean ending;
  private long samples;

  private IngressActor(Flow flow, RunContext run, ActivationQuantizers quantizers) {
    this.flow = flow;
    this.run = run;
    this.quantizers = quantizers;
  }

  /**
   * The source of a graph.
   *
   * @param activations which of the graph's inputs are quantized, and how
   * @param targets the stages that read the graph's inputs
   */
  public static Behavior<StageActor.Command> create(
      Map<String, ActivationPlan> activations, RunContext run, List<Target> targets) {
    return Behaviors.setup(
        context ->
            new IngressActor(
                    new Flow(context, run, NAME, List.of(), targets),
                    run,
                    new ActivationQuantizers(NAME, activations))
                .feeding());
  }

  /** The sink through which one pass of the stream enters. */
  public static Sink<Batch, NotUsed> sink(ActorRef<StageActor.Command> ingress, Pass pass) {
    return ActorSink.<Batch, StageActor.Command, Ready>actorRefWithBackpressure(
            ingress,
            Next::new,
            demand -> new Begin(pass, demand),
            Ready.INSTANCE,
            Complete.INSTANCE,
            Broken::new)
        // By default it asks for 16 batches before the first stage has taken one.
        .addAttributes(Attributes.inputBuffer(1, 1));
  }

  private Behavior<StageActor.Command> feeding() {
    return Behaviors.receive(StageActor.Command.class)
        .onMessage(Begin.class, this::begin)
        .onMessage(Next.class, this::next)
        .onMessageEquals(Complete.INSTANCE, this::complete)
        .onMessage(Broken.class, m -> after(() -> flow.fail(m.cause())))
        .onMessage(StageActor.Credit.class, m -> after(() -> flow.credit(m)))
        .onMessage(Flow.Resume.class, m -> after(m.action()))
        .onSignal(PostStop.class, signal -> closed())
        .build();
  }

  private Behavior<StageActor.Command> begin(Begin begin) {
    pass = begin.pass();
    samples = 0;
    ending = false;
    flow.emit(new PassStart(pass));
    waiting = begin.stream();
    return after(() -> {});
  }

  private Behavior<StageActor.Command> next(Next next) {
    waiting = next.stream();
    Batch batch = next.batch();
    flow.work(
        () -> new Batch(batch.id(), batch.samples(), quantizers.apply(batch.activations(), pass)),
        quantized -> {
          samples += quantized.samples();
          flow.emit(quantized);
          run.events()
              .tell(new RunEvent.Advanced("", pass, RunEvent.Activity.RELAYING, samples, 0));
        });
    return Behaviors.same();
  }

  private Behavior<StageActor.Command> complete() {
    ending = true;
    return after(() -> {});
  }

  private Behavior<StageActor.Command> after(Runnable action) {
    action.run();
    if (flow.isDrained()) {
      if (ending) {
        ending = false;
        waiting = null;
        PassEnd end = new PassEnd(pass, new TreeMap<>());
        flow.work(
            () -> quantizers.endPass(end, run.events()),
            encodings -> flow.emit(new PassEnd(end.pass(), encodings)));
      } else if (waiting != null) {
        waiting.tell(Ready.INSTANCE);
        waiting = null;
      }
    }
    return Behaviors.same();
  }

  private Behavior<StageActor.Command> closed() {
    flow.close(List.of());
    return Behaviors.same();
  }
}
