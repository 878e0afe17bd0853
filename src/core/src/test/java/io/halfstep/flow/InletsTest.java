package io.halfstep.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.actor.testkit.typed.javadsl.TestInbox;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Item.PassEnd;
import io.halfstep.protocol.Item.PassStart;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunSettings;
import io.halfstep.protocol.StageActor;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InletsTest {
  private static final int FLOATS = 10;
  private static final long BYTES = 2L * FLOATS * Float.BYTES;
  private static final long CREDIT = 1000;

  @TempDir Path directory;
  private final TestInbox<StageActor.Command> left = TestInbox.create();
  private final TestInbox<StageActor.Command> right = TestInbox.create();
  private final MemoryBudget memory = new MemoryBudget(BYTES);
  private final ArrayDeque<Runnable> mailbox = new ArrayDeque<>();
  private Inlets inlets;

  private void connect(boolean leftWaits) {
    RunContext run =
        new RunContext(
            null,
            new RunSettings(CREDIT, 0),
            new NodeResources(
                Runnable::run, Runnable::run, memory, directory, new Cleanup(), null, null));
    inlets =
        new Inlets(
            run,
            List.of(leftWaits, false),
            new Inlets.Later() {
              @Override
              public <T> void await(CompletableFuture<T> access, Consumer<T> then) {
                mailbox.add(() -> then.accept(access.join()));
              }
            });
    inlets.connect(new StageActor.Connect(0, left.getRef(), 4));
    inlets.connect(new StageActor.Connect(1, right.getRef(), 0));
  }

  @AfterEach
  void close() {
    inlets.close();
  }

  private void offer(int inlet, Item item) {
    inlets.offer(new StageActor.Offer(inlet, item));
  }

  private void deliverMail() {
    while (!mailbox.isEmpty()) {
      mailbox.remove().run();
    }
  }

  private static long credit(TestInbox<StageActor.Command> producer) {
    return producer.getAllReceived().stream().mapToLong(m -> ((StageActor.Credit) m).bytes()).sum();
  }

  private static Batch left(long id) {
    return Batches.batch(id, "l", FLOATS);
  }

  private static Batch right(long id) {
    return Batches.batch(id, "r", FLOATS);
  }

  private static SortedMap<String, Encoding> encodings(String tensor) {
    return new TreeMap<>(Map.of(tensor, Encoding.perTensor(Grid.unsigned(8), 0.5f, 3)));
  }

  @Test
  void everyProducerGetsItsCreditUnderItsOwnOutlet() {
    connect(false);
    assertThat(left.getAllReceived()).containsExactly(new StageActor.Credit(4, CREDIT));
    assertThat(right.getAllReceived()).containsExactly(new StageActor.Credit(0, CREDIT));
  }

  @Test
  void aBatchIsThereWhenAllItsPartsAre() {
    connect(false);
    offer(0, left(0));
    offer(0, left(1));
    assertThat(inlets.poll()).isNull();
    offer(1, right(0));
    Batch joined = (Batch) inlets.poll();
    assertThat(joined.id()).isZero();
    assertThat(joined.activations()).containsOnlyKeys("l", "r");
    assertThat(inlets.poll()).isNull();
  }

  @Test
  void creditComesBackWithTheReleaseAndOnlyOnce() {
    connect(false);
    credit(left);
    offer(0, left(0));
    offer(1, right(0));
    inlets.poll();
    assertThat(left.hasMessages()).isFalse();
    inlets.release();
    assertThat(credit(left)).isEqualTo(BYTES);
    inlets.release();
    assertThat(left.hasMessages()).isFalse();
  }

  @Test
  void markersAreAlignedAndTheirEncodingsJoined() {
    connect(false);
    offer(0, new PassStart(Pass.ROUND, 0));
    offer(0, new PassEnd(Pass.ROUND, encodings("l")));
    offer(1, new PassStart(Pass.ROUND, 0));
    assertThat(inlets.poll()).isEqualTo(new PassStart(Pass.ROUND, 0));
    assertThat(inlets.poll()).isNull();
    offer(1, new PassEnd(Pass.ROUND, encodings("r")));
    assertThat(((PassEnd) inlets.poll()).encodings()).containsOnlyKeys("l", "r");
  }

  @Test
  void aBarrierWaitsForAllEdgesAndHoldsBackWhatIsBehindIt() {
    connect(false);
    Item.Checkpoint barrier = new Item.Checkpoint(3, 1, 2);
    offer(0, left(0));
    offer(0, barrier);
    offer(0, left(1));
    offer(1, right(0));
    assertThat(inlets.poll()).isInstanceOf(Batch.class);
    assertThat(inlets.poll()).isNull();
    offer(1, barrier);
    assertThat(inlets.poll()).isEqualTo(barrier);
    offer(1, right(1));
    assertThat(((Batch) inlets.poll()).id()).isEqualTo(1);
  }

  @Test
  void barriersOfTwoCheckpointsAreNeverJoined() {
    connect(false);
    offer(0, new Item.Checkpoint(3, 1, 2));
    offer(1, new Item.Checkpoint(4, 1, 2));
    assertThatThrownBy(inlets::poll).hasMessageContaining("out of step");
  }

  @Test
  void whatIsOutOfStepIsNeverJoined() {
    connect(false);
    offer(0, left(1));
    offer(1, right(2));
    assertThatThrownBy(inlets::poll)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("out of step");
  }

  @Test
  void aBatchIsNotJoinedWithAMarker() {
    connect(false);
    offer(0, left(1));
    offer(1, new PassStart(Pass.FINISH, 0));
    assertThatThrownBy(inlets::poll).hasMessageContaining("out of step");
  }

  @Test
  void anEdgeThatWaitsKeepsBatchesOnDiskAndGivesCreditBackAtOnce() {
    connect(true);
    offer(0, new PassStart(Pass.ROUND, 0));
    offer(1, new PassStart(Pass.ROUND, 0));
    credit(left);
    credit(right);
    for (long id = 0; id < 4; id++) {
      offer(0, left(id));
    }
    deliverMail();
    assertThat(credit(left)).isEqualTo(4 * BYTES);
    assertThat(memory.usedBytes()).isEqualTo(BYTES);
    assertThat(memory.spooledBytes()).isEqualTo(3 * BYTES);
    assertThat(memory.keptBytes()).isEqualTo(4 * BYTES);

    offer(0, new PassEnd(Pass.ROUND, encodings("l")));
    inlets.poll();
    for (long id = 0; id < 4; id++) {
      offer(1, right(id));
      assertThat(inlets.poll()).isNull();
      deliverMail();
      Batch joined = (Batch) inlets.poll();
      assertThat(joined.id()).isEqualTo(id);
      assertThat(joined.activations().get("l").student().floats())
          .isEqualTo(left(id).activations().get("l").student().floats());
      inlets.release();
    }
    assertThat(credit(left)).isZero();
    assertThat(credit(right)).isEqualTo(4 * BYTES);
    assertThat(memory.keptBytes()).isZero();
    offer(1, new PassEnd(Pass.ROUND, encodings("r")));
    assertThat(inlets.poll()).isInstanceOf(PassEnd.class);
  }

  @Test
  void anEdgeWaitsOnlyInTheRoundPass() {
    connect(true);
    offer(0, new PassStart(Pass.OBSERVE, 0));
    credit(left);
    offer(0, left(0));
    deliverMail();
    assertThat(left.hasMessages()).isFalse();
    assertThat(memory.usedBytes()).isZero();
  }

  @Test
  void closingForgetsWhatIsKept() {
    connect(true);
    offer(0, new PassStart(Pass.ROUND, 0));
    offer(0, left(0));
    offer(0, left(1));
    inlets.close();
    assertThat(memory.keptBytes()).isZero();
    assertThat(directory).isEmptyDirectory();
  }
}
