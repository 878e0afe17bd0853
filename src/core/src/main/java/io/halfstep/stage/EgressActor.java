package io.halfstep.stage;

import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.Behaviors;
import io.halfstep.checkpoint.StageState;
import io.halfstep.flow.Flow;
import io.halfstep.flow.RunContext;
import io.halfstep.flow.StageSetup;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Item.Checkpoint;
import io.halfstep.protocol.Item.PassEnd;
import io.halfstep.protocol.Item.PassStart;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageActor;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorValues;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * The exit of the stream from the graph: compares the student's outputs with the teacher's, also
 * their predictions, keeps those of the first batches of a comparison, and reports the end of a
 * pass.
 */
public final class EgressActor {
  /** The number of samples whose outputs are kept, in whole batches. */
  private static final int KEPT_SAMPLES = 16;

  private final class Measurements implements StageState {
    @Override
    public void save(WireWriter to) {
      to.number(samples);
      to.number(positions);
      to.number(padding);
      to.count(signalToNoise.size());
      signalToNoise.forEach(
          (name, s) -> {
            to.text(name);
            s.save(to);
          });
      to.count(predictions.size());
      predictions.forEach(
          (name, p) -> {
            to.text(name);
            p.save(to);
          });
      to.count(kept.size());
      kept.forEach(batch -> to.object(batch));
    }

    @Override
    public void restore(WireReader from) {
      samples = from.number();
      positions = from.number();
      padding = from.number();
      for (int left = from.count(); left > 0; left--) {
        SignalToNoise restored = new SignalToNoise();
        signalToNoise.put(from.text(), restored);
        restored.restore(from);
      }
      for (int left = from.count(); left > 0; left--) {
        ChangedPredictions restored = new ChangedPredictions();
        predictions.put(from.text(), restored);
        restored.restore(from);
      }
      for (int left = from.count(); left > 0; left--) {
        kept.add(from.object(Batch.class));
      }
    }
  }

  private final Flow flow;
  private final RunContext run;
  private final List<String> outputs;
  private final List<Batch> kept = new ArrayList<>();
  private PassStart start = new PassStart(Pass.OBSERVE, 0);
  private TreeMap<String, SignalToNoise> signalToNoise = new TreeMap<>();
  private TreeMap<String, ChangedPredictions> predictions = new TreeMap<>();
  private long samples;
  private long positions;
  private long padding;
  private boolean resumed;

  private EgressActor(Flow flow, RunContext run, List<String> outputs) {
    this.flow = flow;
    this.run = run;
    this.outputs = outputs;
    flow.restore(new Measurements(), () -> resumed = true);
  }

  /**
   * Creates the egress of a graph.
   *
   * @param outputs the graph's outputs
   */
  public static Behavior<StageActor.Command> create(List<String> outputs, StageSetup setup) {
    return Behaviors.setup(
        context -> new EgressActor(new Flow(context, setup), setup.run(), outputs).measuring());
  }

  private Behavior<StageActor.Command> measuring() {
    return Behaviors.receive(StageActor.Command.class)
        .onMessage(StageActor.Connect.class, m -> after(() -> flow.connect(m)))
        .onMessage(StageActor.Offer.class, m -> after(() -> flow.offer(m)))
        .onMessage(StageActor.Cancel.class, m -> after(flow::cancel))
        .onMessage(Flow.Resume.class, m -> after(m.action()))
        .onSignal(PostStop.class, signal -> closed())
        .build();
  }

  private Behavior<StageActor.Command> after(Runnable action) {
    action.run();
    while (flow.isFree()) {
      Item item = flow.poll();
      if (item instanceof Batch batch) {
        flow.run(() -> measure(batch), flow::release);
      } else if (item instanceof PassStart next) {
        begin(next);
      } else if (item instanceof Checkpoint barrier) {
        flow.save(barrier, new Measurements());
      } else if (item instanceof PassEnd end) {
        signalToNoise.forEach((name, s) -> run.events().tell(s.measured(name, true)));
        predictions.forEach((name, p) -> run.events().tell(p.predicted(name)));
        kept.forEach(batch -> run.events().tell(new RunEvent.OutputsKept(batch)));
        run.events().tell(new RunEvent.PassCompleted(end.pass(), samples, positions, padding));
      } else {
        break;
      }
    }
    return Behaviors.same();
  }

  private void begin(PassStart next) {
    start = next;
    if (!resumed) {
      kept.clear();
      signalToNoise = new TreeMap<>();
      predictions = new TreeMap<>();
      samples = 0;
      positions = 0;
      padding = 0;
    }
    resumed = false;
  }

  private void measure(Batch batch) {
    TreeMap<String, Activation> reals = new TreeMap<>();
    for (String output : outputs) {
      Activation activation = batch.activations().get(output);
      if (activation != null && TensorValues.isFloat(activation.teacher().type())) {
        Activation single = single(output, activation);
        SignalToNoise sums = signalToNoise.computeIfAbsent(output, name -> new SignalToNoise());
        single.unpaddedOutput(batch.mask()).forEach(sums::add);
        if (start.pass().compares()) {
          ChangedPredictions changed =
              predictions.computeIfAbsent(output, name -> new ChangedPredictions());
          single.unpaddedOutput(batch.mask()).forEach(changed::add);
        }
        reals.put(output, single);
      }
    }
    if (start.pass().compares() && samples < KEPT_SAMPLES) {
      kept.add(batch.with(reals));
    }
    samples += batch.samples();
    if (batch.mask() != null) {
      positions += batch.mask().size();
      padding += batch.mask().padding();
    }
  }

  private Activation single(String output, Activation activation) {
    Tensor teacher = TensorValues.single(activation.teacher());
    Activation single =
        activation.isShared()
            ? Activation.shared(teacher)
            : new Activation(teacher, TensorValues.single(activation.student()));
    return start.pass().hasStudent() ? single.quantized(start.settled().get(output)) : single;
  }

  private Behavior<StageActor.Command> closed() {
    flow.close(List.of());
    return Behaviors.same();
  }
}
