package io.halfstep.reconstruction;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.ActorContext;
import io.halfstep.flow.RunContext;
import io.halfstep.flow.StageSetup;
import io.halfstep.graph.Block;
import io.halfstep.graph.Blocks;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.StageId;
import io.halfstep.protocol.Target;
import io.halfstep.stage.EgressActor;
import io.halfstep.stage.IngressActor;
import io.halfstep.stage.RoundedConstant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An actor for each block, one after the other, between an ingress and an egress. */
public final class BlockChain {
  private final ActorContext<?> context;
  private final RunContext run;
  private final Map<ActorRef<StageActor.Command>, StageId> stages = new HashMap<>();
  private final List<BlockTask> tasks;
  private ActorRef<StageActor.Command> first;

  /**
   * Spawns a chain as children, watched, from the last to the first: each knows its consumer.
   *
   * @param pass in which it learns
   * @param constants those that the student reads rounded
   * @param student as it is before learning
   * @param number of its first stage
   * @throws io.halfstep.failure.InvalidInputException if the network is too old to be learned
   */
  public BlockChain(
      ActorContext<?> context,
      StageGraph graph,
      Plan plan,
      Pass pass,
      List<RoundedConstant> constants,
      RoundedNetwork student,
      int number,
      RunContext run) {
    this.context = context;
    this.run = run;
    List<Block> blocks = blocks(graph, pass);
    tasks = new BlockTasks(graph, plan, constants, pass, student).of(blocks);
    List<String> outputs = graph.model().outputs().stream().map(Model.Port::name).toList();
    StageId last = new StageId(number + tasks.size() + 1, "output");
    first =
        add(
            last,
            EgressActor.create(outputs, new StageSetup(last, run, List.of(false), List.of())));
    List<String> needed = outputs;
    for (int i = tasks.size() - 1; i >= 0; i--) {
      StageId id = new StageId(number + 1 + i, name(blocks.get(i)));
      first = add(id, BlockActor.create(tasks.get(i), setup(id, needed)));
      needed = tasks.get(i).needed();
    }
    StageId ingress = new StageId(number, "input");
    first =
        add(
            ingress,
            IngressActor.create(
                Map.of(),
                new StageSetup(ingress, run, List.of(), List.of(new Target(first, 0, needed)))));
  }

  /**
   * Returns the blocks of a pass in order, also those without layers.
   *
   * @param pass in which blocks learn
   */
  public static List<Block> blocks(StageGraph graph, Pass pass) {
    List<Block> blocks = pass == Pass.FINETUNE ? List.of(Blocks.whole(graph)) : Blocks.of(graph);
    return blocks.stream().filter(block -> !block.nodes().isEmpty()).toList();
  }

  private static String name(Block block) {
    return block.layers().isEmpty() ? "operators" : block.name();
  }

  private StageSetup setup(StageId id, List<String> needed) {
    return new StageSetup(id, run, List.of(false), List.of(new Target(first, 0, needed)));
  }

  private ActorRef<StageActor.Command> add(StageId id, Behavior<StageActor.Command> behavior) {
    ActorRef<StageActor.Command> actor = context.spawn(behavior, id.label());
    context.watch(actor);
    stages.put(actor, id);
    return actor;
  }

  /** Returns the actor where batches enter. */
  public ActorRef<StageActor.Command> ingress() {
    return first;
  }

  /** Returns the number of stages. */
  public int size() {
    return stages.size();
  }

  /** Returns the number of blocks that learn. */
  public int learners() {
    return (int) tasks.stream().filter(BlockTask::learns).count();
  }

  /** Tells all stages that the run has ended. */
  public void cancel() {
    stages.keySet().forEach(actor -> actor.tell(new StageActor.Cancel()));
  }

  /** Returns the stage of an actor; empty if it is of another graph. */
  public Optional<StageId> stageOf(ActorRef<?> actor) {
    return Optional.ofNullable(stages.get(actor));
  }
}
