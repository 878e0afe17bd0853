package io.halfstep.flow;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.TestInbox;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Item.PassStart;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.Target;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class OutletsTest {
  private static final int FLOATS = 10;
  private static final long BYTES = 2L * FLOATS * Float.BYTES;

  private final TestInbox<StageActor.Command> fast = TestInbox.create();
  private final TestInbox<StageActor.Command> slow = TestInbox.create();
  private final Outlets outlets =
      new Outlets(
          List.of(
              new Target(fast.getRef(), 3, List.of("x")),
              new Target(slow.getRef(), 0, List.of("x"))));

  private static List<Item> items(TestInbox<StageActor.Command> inbox) {
    return inbox.getAllReceived().stream().map(m -> ((StageActor.Offer) m).item()).toList();
  }

  private static List<Long> ids(TestInbox<StageActor.Command> inbox) {
    return items(inbox).stream().map(item -> ((Batch) item).id()).toList();
  }

  @Test
  void nothingIsSentBeforeTheFirstCredit() {
    outlets.emit(Batches.batch(0, FLOATS));
    assertThat(fast.hasMessages()).isFalse();
    assertThat(outlets.isIdle()).isFalse();
  }

  @Test
  void aSlowConsumerHoldsBackTheStageButNotItsSibling() {
    outlets.credit(new StageActor.Credit(0, 10 * BYTES));
    outlets.credit(new StageActor.Credit(1, BYTES));
    outlets.emit(Batches.batch(0, FLOATS));
    assertThat(outlets.isIdle()).isTrue();
    outlets.emit(Batches.batch(1, FLOATS));
    assertThat(ids(fast)).containsExactly(0L, 1L);
    assertThat(ids(slow)).containsExactly(0L);
    assertThat(outlets.isIdle()).isFalse();

    outlets.credit(new StageActor.Credit(1, BYTES));
    assertThat(ids(slow)).containsExactly(1L);
    assertThat(outlets.isIdle()).isTrue();
  }

  @Test
  void markersCostNothingAndKeepTheirPlace() {
    outlets.credit(new StageActor.Credit(0, BYTES));
    outlets.emit(new PassStart(Pass.OBSERVE, 0));
    outlets.emit(Batches.batch(0, FLOATS));
    outlets.emit(Batches.batch(1, FLOATS));
    outlets.emit(new PassStart(Pass.ROUND, 0));
    assertThat(items(fast)).hasSize(2).first().isEqualTo(new PassStart(Pass.OBSERVE, 0));
    outlets.credit(new StageActor.Credit(0, BYTES));
    assertThat(items(fast)).hasSize(2).last().isEqualTo(new PassStart(Pass.ROUND, 0));
  }

  @Test
  void aBatchLargerThanTheCreditGoesAlone() {
    outlets.credit(new StageActor.Credit(0, 1));
    outlets.emit(Batches.batch(0, FLOATS));
    outlets.emit(Batches.batch(1, FLOATS));
    assertThat(ids(fast)).containsExactly(0L);
    outlets.credit(new StageActor.Credit(0, BYTES));
    assertThat(ids(fast)).containsExactly(1L);
  }

  @Test
  void aConsumerGetsOnlyWhatItReads() {
    Batch both =
        new Batch(
            0,
            1,
            new TreeMap<>(
                Map.of(
                    "x", Batches.batch(0, FLOATS).activations().get("x"),
                    "z", Batches.batch(0, "z", 100).activations().get("z"))));
    outlets.credit(new StageActor.Credit(0, 1));
    outlets.emit(both);
    assertThat(((Batch) items(fast).get(0)).activations()).containsOnlyKeys("x");
  }

  /** Whatever is emitted and credited in whatever order. */
  @Test
  void whatIsInFlightNeverPassesTheCredit() {
    Random random = new Random(1);
    for (int round = 0; round < 200; round++) {
      TestInbox<StageActor.Command> inbox = TestInbox.create();
      Outlets edge = new Outlets(List.of(new Target(inbox.getRef(), 0, List.of("x"))));
      long granted = 1L + random.nextInt(1000);
      edge.credit(new StageActor.Credit(0, granted));
      java.util.ArrayDeque<Batch> inFlight = new java.util.ArrayDeque<>();
      long next = 0;
      long received = 0;
      for (int step = 0; step < 50; step++) {
        if (random.nextBoolean()) {
          edge.emit(Batches.batch(next++, 1 + random.nextInt(60)));
        } else if (!inFlight.isEmpty()) {
          edge.credit(new StageActor.Credit(0, inFlight.removeFirst().bytes()));
        }
        for (Item item : items(inbox)) {
          assertThat(((Batch) item).id()).isEqualTo(received++);
          inFlight.add((Batch) item);
        }
        long bytes = inFlight.stream().mapToLong(Batch::bytes).sum();
        assertThat(inFlight.size() == 1 || bytes <= granted).isTrue();
      }
      assertThat(edge.isIdle()).isEqualTo(received == next);
    }
  }
}
