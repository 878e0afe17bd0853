package io.halfstep.stage;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.typed.ActorRef;
import akka.japi.Pair;
import akka.stream.javadsl.Source;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Item.PassStart;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.Target;
import io.halfstep.stage.StageTestKit.Consumer;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fast source against a slow consumer. */
class BackpressureActorTest {
  private static final long IN = 2L * 2 * 16 * Float.BYTES;
  private static final long OUT = 2L * 3 * 16 * Float.BYTES;

  /** One batch in each step of the stream, one at work in the ingress, one waiting to be sent. */
  private static final int AHEAD = 5;

  /** What a stage may hold: its credit, one batch at work, one waiting to be sent. */
  private static final int HELD = 3 + 2;

  private final StageTestKit kit;
  private final Consumer consumer;
  private final AtomicLong pulled = new AtomicLong();

  BackpressureActorTest(@TempDir Path directory) {
    kit = new StageTestKit(3 * IN, 1 << 20, directory);
    consumer = kit.consumer();
  }

  @AfterEach
  void close() throws Exception {
    kit.close();
  }

  private static Batch batch(long id) {
    float[] values = new float[2 * 2 * 16];
    Arrays.fill(values, (float) id);
    Activation x = Activation.shared(Tensor.of(values, 2, 2, 4, 4));
    return new Batch(id, 2, new TreeMap<>(Map.of("x", x, "r", x)));
  }

  private void feedForever(Target target) {
    ActorRef<StageActor.Command> ingress =
        kit.spawn(IngressActor.create(Map.of(), kit.setup("input", target)));
    Source.unfold(0L, id -> Optional.of(Pair.create(id + 1, id)))
        .map(
            id -> {
              pulled.incrementAndGet();
              return batch(id);
            })
        .to(IngressActor.sink(ingress, new PassStart(Pass.OBSERVE, 0)))
        .run(kit.actors().system());
  }

  /**
   * Credits back in small steps what has come, and holds that exactly as much comes as the credit
   * is good for, and that the stream runs no further ahead than the stages may hold.
   */
  private void drainSlowly(long granted, long bytes, int held) {
    consumer.grant(granted);
    assertThat(consumer.next()).isEqualTo(new PassStart(Pass.OBSERVE, 0));
    long inFlight = 0;
    long next = 0;
    for (int step = 0; step < 10; step++) {
      while (inFlight + bytes <= granted || inFlight == 0) {
        assertThat(consumer.nextBatch().id()).isEqualTo(next++);
        inFlight += bytes;
      }
      consumer.expectNothing();
      assertThat(pulled.get()).isLessThanOrEqualTo(next + held);
      long back = Math.min(inFlight, (1 + step % 2) * bytes);
      consumer.grant(back);
      inFlight -= back;
    }
  }

  @Test
  void theIngressPullsNoFasterThanItsConsumerTakes() {
    feedForever(consumer.target("x"));
    drainSlowly(3 * IN + IN / 2, IN, AHEAD);
  }

  @Test
  void aCreditOfOneByteIsGoodForOneBatch() {
    feedForever(consumer.target("x"));
    drainSlowly(1, IN, AHEAD);
  }

  @Test
  void demandPassesThroughAnOperatorStage() {
    ActorRef<StageActor.Command> relu =
        kit.spawn(
            OperatorActor.create(
                Stages.relu(), Map.of(), List.of(), kit.setup("r", consumer.target("r"))));
    feedForever(new Target(relu, 0, List.of("x")));
    drainSlowly(2 * IN, IN, AHEAD + HELD);
  }

  @Test
  void demandPassesThroughALayer() {
    ActorRef<StageActor.Command> conv =
        kit.spawn(
            LayerActor.create(
                Stages.conv(), null, 0, null, Map.of(), kit.setup("y", consumer.target("y"))));
    feedForever(new Target(conv, 0, List.of("r")));
    drainSlowly(2 * OUT, OUT, AHEAD + HELD);
  }
}
