package io.halfstep.stage;

import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.Behaviors;
import io.halfstep.flow.Flow;
import io.halfstep.flow.RunContext;
import io.halfstep.flow.StageSetup;
import io.halfstep.graph.Stage.OperatorStage;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Item.Checkpoint;
import io.halfstep.protocol.Item.PassEnd;
import io.halfstep.protocol.Item.PassStart;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.StageActor;
import io.halfstep.quantizer.Encoding;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The operators between layers: computes each batch in ONNX Runtime and forwards it. */
public final class OperatorActor {
  private final Flow flow;
  private final RunContext run;
  private final OperatorProgram program;
  private final OutputRanges ranges;
  private Pass pass = Pass.OBSERVE;
  private SortedMap<String, Encoding> encodings = new TreeMap<>();

  private OperatorActor(Flow flow, RunContext run, OperatorProgram program, OutputRanges ranges) {
    this.flow = flow;
    this.run = run;
    this.program = program;
    this.ranges = ranges;
    flow.run(program::load, () -> flow.restore(ranges, () -> {}));
  }

  /**
   * Creates a stage of operators.
   *
   * @param activations the outputs of which the stage sets the ranges
   * @param constants those that the student reads rounded
   */
  public static Behavior<StageActor.Command> create(
      OperatorStage stage,
      Map<String, ActivationPlan> activations,
      List<RoundedConstant> constants,
      StageSetup setup) {
    return Behaviors.setup(
        context ->
            new OperatorActor(
                    new Flow(context, setup),
                    setup.run(),
                    new OperatorProgram(stage, constants),
                    new OutputRanges(setup, activations))
                .relaying());
  }

  private Behavior<StageActor.Command> relaying() {
    return Behaviors.receive(StageActor.Command.class)
        .onMessage(StageActor.Connect.class, message -> after(() -> flow.connect(message)))
        .onMessage(StageActor.Offer.class, message -> after(() -> flow.offer(message)))
        .onMessage(StageActor.Credit.class, message -> after(() -> flow.credit(message)))
        .onMessage(StageActor.Cancel.class, m -> after(flow::cancel))
        .onMessage(Flow.Resume.class, message -> after(message.action()))
        .onSignal(PostStop.class, signal -> closed())
        .build();
  }

  private Behavior<StageActor.Command> after(Runnable action) {
    action.run();
    while (flow.isDrained()) {
      Item item = flow.poll();
      if (item == null) {
        break;
      }
      take(item);
    }
    return Behaviors.same();
  }

  private void take(Item item) {
    if (item instanceof Batch batch) {
      flow.work(
          () -> ranges.observe(batch.with(program.forward(inputs(batch), pass)), pass),
          outputs -> {
            flow.release();
            flow.emit(outputs);
          });
    } else if (item instanceof Checkpoint barrier) {
      flow.save(barrier, ranges);
    } else if (item instanceof PassStart start) {
      pass = start.pass();
      encodings = start.settled();
      ranges.begin(start);
      flow.emit(item);
    } else if (item instanceof PassEnd end) {
      flow.workAfter(
          ranges.earlier(end.pass()),
          () -> ranges.endPass(end, run.events()),
          encodings -> flow.emit(new PassEnd(end.pass(), encodings)));
    }
  }

  /** Returns what the operators read, quantized for the student where all readers see it so. */
  private SortedMap<String, Activation> inputs(Batch batch) {
    if (!pass.hasStudent() || encodings.isEmpty()) {
      return batch.activations();
    }
    SortedMap<String, Activation> inputs = new TreeMap<>();
    batch
        .activations()
        .forEach((name, activation) -> inputs.put(name, activation.quantized(encodings.get(name))));
    return inputs;
  }

  private Behavior<StageActor.Command> closed() {
    flow.close(List.of(program));
    return Behaviors.same();
  }
}
