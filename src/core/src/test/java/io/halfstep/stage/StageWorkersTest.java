package io.halfstep.stage;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.typed.ActorRef;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Item.PassEnd;
import io.halfstep.protocol.Item.PassStart;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageActor;
import io.halfstep.stage.StageTestKit.Consumer;
import io.halfstep.stage.StageTestKit.Producer;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Workers that do nothing until they are told: what a stage does without them, its actor does. */
class StageWorkersTest {
  private static final PassStart OBSERVE = new PassStart(Pass.OBSERVE, 0);

  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private final StageTestKit kit;
  private final Consumer consumer;
  private final int before = OnnxProgram.open();

  StageWorkersTest(@TempDir Path directory) {
    kit = new StageTestKit(1 << 20, 1 << 20, directory, tasks::add);
    consumer = kit.consumer();
  }

  @AfterEach
  void close() throws Exception {
    kit.close();
    assertThat(OnnxProgram.open()).isEqualTo(before);
  }

  private Runnable task() throws InterruptedException {
    return requireNonNull(tasks.poll(60, TimeUnit.SECONDS), "the actor gave no work away");
  }

  private static Batch batch(String tensor) {
    Activation values = Activation.shared(Tensor.of(new float[64], 2, 2, 4, 4));
    return new Batch(0, 2, new TreeMap<>(Map.of(tensor, values)));
  }

  /** Loads, begins a pass, and computes a batch. */
  private void relays(ActorRef<StageActor.Command> stage, String input, int beginnings)
      throws Exception {
    consumer.grant(1 << 20);
    stage.tell(new StageActor.Offer(0, OBSERVE));
    stage.tell(new StageActor.Offer(0, batch(input)));
    Runnable load = task();
    assertThat(OnnxProgram.open()).isEqualTo(before);
    load.run();
    assertThat(OnnxProgram.open()).isEqualTo(before + 1);
    for (int i = 0; i < beginnings; i++) {
      task().run();
    }
    assertThat(consumer.next()).isEqualTo(OBSERVE);
    task().run();
    assertThat(consumer.nextBatch().id()).isZero();
    assertThat(tasks).isEmpty();
  }

  @Test
  void aLayerLoadsBeginsAndComputesThere() throws Exception {
    relays(
        kit.spawn(
            LayerActor.create(
                Stages.conv(),
                Plan.DEFAULT.layer("y").orElseThrow(),
                1,
                null,
                Map.of(),
                kit.setup("y", consumer.target("y")))),
        "r",
        1);
  }

  @Test
  void operatorsLoadAndComputeThere() throws Exception {
    relays(
        kit.spawn(
            OperatorActor.create(
                Stages.relu(), Map.of(), List.of(), kit.setup("r", consumer.target("r")))),
        "x",
        0);
  }

  @Test
  void whatLeavesTheGraphIsMeasuredThere() throws Exception {
    ActorRef<StageActor.Command> egress =
        kit.spawn(EgressActor.create(List.of("y"), kit.setup("output")));
    Producer producer = kit.producer();
    producer.connect(egress, 0);
    producer.credit();
    Batch batch = batch("y");
    egress.tell(new StageActor.Offer(0, new PassStart(Pass.FINISH, 0)));
    egress.tell(new StageActor.Offer(0, batch));
    task().run();
    assertThat(producer.credit()).isEqualTo(batch.bytes());
  }

  @Test
  void aSolverThatBeginsAfterTheRunIsCancelledFindsNothing() throws Exception {
    ActorRef<StageActor.Command> layer =
        kit.spawn(
            LayerActor.create(
                Stages.conv(),
                Plan.DEFAULT.layer("y").orElseThrow(),
                1,
                null,
                Map.of(),
                kit.setup("y", consumer.target("y"))));
    Producer producer = kit.producer();
    layer.tell(new StageActor.Offer(0, new PassStart(Pass.ROUND, 0)));
    layer.tell(new StageActor.Offer(0, batch("r")));
    layer.tell(new StageActor.Offer(0, new PassEnd(Pass.ROUND, new TreeMap<>())));
    consumer.grant(1 << 20);
    for (int i = 0; i < 3; i++) { // it loads, begins, and collects
      task().run();
    }
    Runnable solver = task();
    layer.tell(new StageActor.Cancel());
    producer.connect(layer, 0);
    producer.credit(); // so it knows
    solver.run();
    kit.stop(layer);
    assertThat(kit.eventsSoFar())
        .noneMatch(RunEvent.Rounded.class::isInstance)
        .noneMatch(RunEvent.Failed.class::isInstance);
  }
}
