package io.halfstep.stage;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.typed.ActorRef;
import io.halfstep.failure.Fault;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Item.PassEnd;
import io.halfstep.protocol.Item.PassStart;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageActor;
import io.halfstep.stage.StageTestKit.Consumer;
import io.halfstep.stage.StageTestKit.Producer;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayerActorTest {
  private static final long BYTES = 2L * 2 * 16 * Float.BYTES;
  private static final long CREDIT = 4 * BYTES;
  private static final PassStart ROUND = new PassStart(Pass.ROUND, 0);
  private static final PassEnd ROUND_END = new PassEnd(Pass.ROUND, new TreeMap<>());

  private final StageTestKit kit;
  private final Producer producer;
  private final Consumer consumer;
  private final ActorRef<StageActor.Command> layer;

  LayerActorTest(@TempDir Path directory) {
    kit = new StageTestKit(CREDIT, 2 * BYTES, directory);
    producer = kit.producer();
    consumer = kit.consumer();
    layer =
        kit.spawn(
            LayerActor.create(
                Stages.conv(),
                Plan.DEFAULT.layer("y").orElseThrow(),
                1,
                null,
                Map.of(),
                kit.setup("y", consumer.target("y"))));
  }

  @BeforeEach
  void connect() {
    producer.connect(layer, 0);
    assertThat(producer.credit()).isEqualTo(CREDIT);
  }

  @AfterEach
  void close() throws Exception {
    kit.close();
    assertThat(kit.memory().keptBytes()).isZero();
  }

  private void offer(Item item) {
    layer.tell(new StageActor.Offer(0, item));
  }

  private static Batch batch(long id, long... shape) {
    Random random = new Random(id);
    float[] values = new float[Tensor.elements(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return new Batch(
        id, 2, new TreeMap<>(Map.of("r", Activation.shared(Tensor.of(values, shape)))));
  }

  private static Batch batch(long id) {
    return batch(id, 2, 2, 4, 4);
  }

  @Test
  void relaysWhatItComputesAndCreditsEachBatchOnce() {
    consumer.grant(1 << 20);
    offer(new PassStart(Pass.OBSERVE, 0));
    offer(batch(0));
    assertThat(consumer.next()).isEqualTo(new PassStart(Pass.OBSERVE, 0));
    Activation y = consumer.nextBatch().activations().get("y");
    assertThat(y.teacher().shape()).containsExactly(2, 3, 4, 4);
    assertThat(y.isShared()).isTrue();
    assertThat(producer.credit()).isEqualTo(BYTES);
    producer.expectNoCredit();
  }

  @Test
  void takesNoMoreThanItCanSend() {
    consumer.grant(1);
    offer(new PassStart(Pass.OBSERVE, 0));
    for (long id = 0; id < 4; id++) {
      offer(batch(id));
    }
    // the first is with the consumer, the second waits for credit, the rest is not begun
    assertThat(producer.credit() + producer.credit()).isEqualTo(2 * BYTES);
    producer.expectNoCredit();
    consumer.next();
    Batch first = consumer.nextBatch();
    assertThat(first.id()).isZero();
    consumer.expectNothing();
    consumer.grant(first.bytes());
    assertThat(consumer.nextBatch().id()).isEqualTo(1);
    assertThat(producer.credit()).isEqualTo(BYTES);
  }

  @Test
  void keepsBatchesUntilItHasOptimizedThenForwardsThemInOrder() {
    consumer.grant(1 << 20);
    offer(ROUND);
    assertThat(consumer.next()).isEqualTo(ROUND);
    for (long id = 0; id < 5; id++) {
      offer(batch(id));
      assertThat(producer.credit()).as("kept, so its credit is free").isEqualTo(BYTES);
    }
    consumer.expectNothing();
    assertThat(kit.memory().usedBytes()).isEqualTo(2 * BYTES);
    assertThat(kit.memory().spooledBytes()).isEqualTo(3 * BYTES);

    offer(ROUND_END);
    RunEvent.Rounded rounded = kit.event(RunEvent.Rounded.class);
    assertThat(rounded.layer()).isEqualTo("y");
    assertThat(rounded.loss()).isLessThanOrEqualTo(rounded.nearestLoss());
    for (long id = 0; id < 5; id++) {
      Batch forwarded = consumer.nextBatch();
      Activation y = forwarded.activations().get("y");
      assertThat(forwarded.id()).isEqualTo(id);
      assertThat(y.isShared()).as("the student is rounded by now").isFalse();
      assertThat(y.student().floats()).isNotEqualTo(y.teacher().floats());
    }
    assertThat(consumer.next()).isEqualTo(ROUND_END);
    assertThat(kit.memory().keptBytes()).isZero();
  }

  @Test
  void forwardsOnlyWhatItsConsumerTakes() {
    consumer.grant(1);
    offer(ROUND);
    for (long id = 0; id < 4; id++) {
      offer(batch(id));
    }
    offer(ROUND_END);
    consumer.next();
    for (long id = 0; id < 4; id++) {
      Batch forwarded = consumer.nextBatch();
      assertThat(forwarded.id()).isEqualTo(id);
      if (id < 3) { // behind the last one the marker follows, which costs nothing
        consumer.expectNothing();
        consumer.grant(forwarded.bytes());
      }
    }
    assertThat(consumer.next()).isEqualTo(ROUND_END);
  }

  @Test
  void whatComesWhileItIsBusyWaitsForItsTurn() {
    consumer.grant(1 << 20);
    offer(ROUND);
    offer(batch(0));
    offer(batch(1));
    offer(ROUND_END);
    offer(new PassStart(Pass.FINISH, 0));
    offer(batch(2));
    offer(new PassEnd(Pass.FINISH, new TreeMap<>()));

    assertThat(consumer.next()).isEqualTo(ROUND);
    assertThat(consumer.nextBatch().id()).isZero();
    assertThat(consumer.nextBatch().id()).isEqualTo(1);
    assertThat(consumer.next()).isEqualTo(ROUND_END);
    assertThat(consumer.next()).isEqualTo(new PassStart(Pass.FINISH, 0));
    assertThat(consumer.nextBatch().id()).isEqualTo(2);
    assertThat(consumer.next()).isInstanceOf(PassEnd.class);
    RunEvent.Measured measured = kit.event(RunEvent.Measured.class);
    assertThat(measured.name()).isEqualTo("y");
    assertThat(measured.noise()).isPositive().isLessThan(measured.signal());
  }

  @Test
  void aBarrierInARunWithoutCheckpointsFailsTheRun() {
    offer(new PassStart(Pass.OBSERVE, 0));
    offer(new Item.Checkpoint(3, 0, 0));
    RunEvent.Failed failed = kit.event(RunEvent.Failed.class);
    assertThat(failed.stage().name()).isEqualTo("y");
    assertThat(failed.message()).isEqualTo("checkpoint 3 in a run without checkpoints");
    assertThat(failed.fault()).isEqualTo(Fault.PROGRAM);
  }

  @Test
  void aBatchItCannotComputeFailsTheRunByName() {
    consumer.grant(1 << 20);
    offer(new PassStart(Pass.OBSERVE, 0));
    offer(batch(0));
    offer(batch(41, 2, 5, 4, 4));
    offer(batch(42));
    RunEvent.Failed failed = kit.event(RunEvent.Failed.class);
    assertThat(failed.stage().name()).isEqualTo("y");
    assertThat(failed.batch()).isEqualTo(41);
    assertThat(failed.message()).contains("channels").doesNotContain("\n");
    assertThat(kit.eventsSoFar()).noneMatch(RunEvent.Failed.class::isInstance);
  }

  @Test
  void aSolverWithoutDataFailsTheRunByName() {
    offer(ROUND);
    offer(ROUND_END);
    RunEvent.Failed failed = kit.event(RunEvent.Failed.class);
    assertThat(failed.stage().name()).isEqualTo("y");
    assertThat(failed.message()).isEqualTo("no batch came");
  }

  @Test
  void aShapeThatDependsOnValuesIsRefusedWithWhatToDo() {
    offer(ROUND);
    Activation x =
        new Activation(
            batch(0).activations().get("r").teacher(),
            batch(0, 1, 2, 4, 4).activations().get("r").teacher());
    offer(new Batch(0, 2, new TreeMap<>(Map.of("r", x))));
    RunEvent.Failed failed = kit.event(RunEvent.Failed.class);
    assertThat(failed.fault()).isEqualTo(Fault.INPUT);
    assertThat(failed.message()).contains("[2, 2, 4, 4]", "[1, 2, 4, 4]", "skip");
  }

  @Test
  void stoppingGivesEverythingBack() throws Exception {
    consumer.grant(1);
    offer(ROUND);
    for (long id = 0; id < 4; id++) {
      offer(batch(id));
      producer.credit();
    }
    assertThat(kit.memory().keptBytes()).isPositive();
    kit.stop(layer);
    kit.cleanUp();
    assertThat(kit.memory().keptBytes()).isZero();
  }
}
