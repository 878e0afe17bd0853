package io.halfstep.reconstruction;

import static java.util.Objects.requireNonNull;

import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.Behaviors;
import io.halfstep.checkpoint.StageState;
import io.halfstep.flow.Flow;
import io.halfstep.flow.KeptBatches;
import io.halfstep.flow.RunContext;
import io.halfstep.flow.StageSetup;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Item.Checkpoint;
import io.halfstep.protocol.Item.PassEnd;
import io.halfstep.protocol.Item.PassStart;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.RunEvent.Activity;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.StageId;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One block: collects its student's inputs and its teacher's outputs, learns, and passes on what
 * its student computes.
 *
 * <pre>
 *   idle ──pass begins──► collecting ──pass ends──► learning ──learned──► forwarding ──all sent──► idle
 *                         batches kept                                    kept batches
 * </pre>
 *
 * <p>A block that has no layers, or that had learned before the run was resumed, relays batches.
 */
public final class BlockActor {
  /** A block has no state before its pass begins, when barriers pass it. */
  private static final StageState NOTHING =
      new StageState() {
        @Override
        public void save(WireWriter to) {
          to.flag(false);
        }

        @Override
        public void restore(WireReader from) {
          from.flag();
        }
      };

  private final Flow flow;
  private final RunContext run;
  private final StageId id;
  private final BlockTask task;
  private final BlockState state;
  private final KeptBatches kept;
  private @Nullable PassEnd ending;
  private boolean forwarding;
  private long samples;

  private BlockActor(Flow flow, StageSetup setup, BlockTask task) {
    this.flow = flow;
    this.run = setup.run();
    this.id = setup.id();
    this.task = task;
    this.state = new BlockState(id, task);
    this.kept = new KeptBatches(run.node());
    flow.restoreRounded(state, this::announce);
  }

  /** Creates a block. */
  static Behavior<StageActor.Command> create(BlockTask task, StageSetup setup) {
    return Behaviors.setup(
        context -> new BlockActor(new Flow(context, setup), setup, task).receiving());
  }

  private void announce() {
    run.events().tell(requireNonNull(state.learned()));
  }

  private Behavior<StageActor.Command> receiving() {
    return Behaviors.receive(StageActor.Command.class)
        .onMessage(StageActor.Connect.class, m -> after(() -> flow.connect(m)))
        .onMessage(StageActor.Offer.class, m -> after(() -> flow.offer(m)))
        .onMessage(StageActor.Credit.class, m -> after(() -> flow.credit(m)))
        .onMessage(StageActor.Cancel.class, m -> after(flow::cancel))
        .onMessage(Flow.Resume.class, m -> after(m.action()))
        .onSignal(PostStop.class, signal -> closed())
        .build();
  }

  private Behavior<StageActor.Command> after(Runnable action) {
    action.run();
    if (forwarding) {
      forward();
    } else {
      take();
    }
    return Behaviors.same();
  }

  private void take() {
    while (!forwarding && (state.isLearning() ? flow.isFree() : flow.isDrained())) {
      Item item = flow.poll();
      if (item instanceof Batch batch) {
        if (state.isLearning()) {
          flow.work(() -> state.collect(batch), this::keep);
        } else {
          flow.work(() -> state.forward(state.collect(batch)), this::relay);
        }
      } else if (item instanceof PassStart start) {
        flow.emit(start);
        samples = 0;
        flow.run(state::begin, () -> {});
      } else if (item instanceof Checkpoint barrier) {
        flow.save(barrier, NOTHING);
      } else if (item instanceof PassEnd end) {
        end(end);
      } else {
        break;
      }
    }
  }

  private void keep(Batch batch) {
    flow.hold(
        kept.put(batch),
        ignored -> {
          flow.release();
          advance(batch, Activity.COLLECTING);
        });
  }

  private void relay(Batch batch) {
    flow.release();
    flow.emit(batch);
    advance(batch, Activity.RELAYING);
  }

  private void end(PassEnd end) {
    if (!state.isLearning()) {
      finish(end);
      return;
    }
    ending = end;
    flow.run(
        () -> state.learn(flow.control(this::advanceLearning)),
        () -> {
          announce();
          samples = 0;
          forwarding = true;
          flow.saveRounded(state);
        });
  }

  private void finish(PassEnd end) {
    flow.emit(end);
    flow.run(state::close, () -> {});
  }

  private void forward() {
    if (!flow.isDrained()) {
      return;
    }
    if (kept.isEmpty()) {
      forwarding = false;
      finish(requireNonNull(ending));
      return;
    }
    flow.hold(
        kept.take().thenApplyAsync(state::forward, run.node().workers()),
        batch -> {
          flow.emit(batch);
          advance(batch, Activity.FORWARDING);
        });
  }

  private void advance(Batch batch, Activity activity) {
    samples += batch.samples();
    run.events().tell(new RunEvent.Advanced(id, task.pass(), activity, samples, 0));
  }

  private void advanceLearning(double share) {
    run.events().tell(new RunEvent.Advanced(id, task.pass(), Activity.OPTIMIZING, samples, share));
  }

  private Behavior<StageActor.Command> closed() {
    flow.close(List.of(state, kept));
    return Behaviors.same();
  }
}
