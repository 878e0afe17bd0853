package io.halfstep.stage;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.typed.ActorRef;
import io.halfstep.checkpoint.CheckpointFolder;
import io.halfstep.checkpoint.CheckpointStore;
import io.halfstep.checkpoint.StageStates;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Item.Checkpoint;
import io.halfstep.protocol.Item.PassEnd;
import io.halfstep.protocol.Item.PassStart;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.StageId;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.stage.StageTestKit.Consumer;
import io.halfstep.stage.StageTestKit.Producer;
import io.halfstep.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A layer saves what it has gathered at a barrier, and another goes on from there. */
class CheckpointActorTest {
  private static final Map<String, ActivationPlan> QUANTIZED =
      Map.of("y", new ActivationPlan(8, false, false, new RangeMethod.Mse(), List.of(), null, 0));

  private static final StageId LAYER = new StageId(1, "y");

  private final Path folder;
  private final CheckpointStore store;

  CheckpointActorTest(@TempDir Path folder) {
    this.folder = folder;
    this.store = new CheckpointFolder(folder);
  }

  /** One layer in a process of its own. */
  private final class OneLayer implements AutoCloseable {
    final StageTestKit kit;
    final Consumer consumer;
    final Producer producer;
    final ActorRef<StageActor.Command> layer;

    OneLayer(Map<StageId, String> states, Map<StageId, String> rounded) {
      kit = new StageTestKit(1 << 20, 1 << 20, folder, new StageStates(store, 7, states, rounded));
      consumer = kit.consumer();
      producer = kit.producer();
      layer =
          kit.spawn(
              LayerActor.create(
                  Stages.conv(),
                  Plan.DEFAULT.layer("y").orElseThrow(),
                  1,
                  null,
                  QUANTIZED,
                  kit.setup("y", consumer.target("y"))));
      producer.connect(layer, 0);
      consumer.grant(1 << 20);
    }

    void offer(Item... items) {
      for (Item item : items) {
        layer.tell(new StageActor.Offer(0, item));
      }
    }

    @Override
    public void close() {
      try {
        kit.close();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
  }

  private static Batch batch(long id) {
    Random random = new Random(id);
    float[] values = new float[2 * 2 * 16];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Activation r = Activation.shared(Tensor.of(values, 2, 2, 4, 4));
    return new Batch(id, 2, new TreeMap<>(Map.of("r", r)));
  }

  private static PassEnd end(Pass pass) {
    return new PassEnd(pass, new TreeMap<>());
  }

  @Test
  void theBarrierPassesWhenAllBeforeItIsSavedAndNothingBehindIt() throws Exception {
    RunEvent.Saved saved;
    RunEvent.Rounded whole;
    RunEvent.RangesSet ranges;
    try (OneLayer first = new OneLayer(Map.of(), Map.of())) {
      first.offer(new PassStart(Pass.LEARN, 0), batch(0), batch(1));
      first.offer(new Checkpoint(7, 2, 4), batch(2), end(Pass.LEARN));
      assertThat(first.consumer.next()).isEqualTo(new PassStart(Pass.LEARN, 0));
      assertThat(first.consumer.nextBatch().id()).isZero();
      assertThat(first.consumer.nextBatch().id()).isEqualTo(1);
      assertThat(first.consumer.next()).isEqualTo(new Checkpoint(7, 2, 4));
      saved = first.kit.event(RunEvent.Saved.class);
      ranges = first.kit.event(RunEvent.RangesSet.class);
      whole = first.kit.event(RunEvent.Rounded.class);
    }
    assertThat(saved.number()).isEqualTo(7);
    assertThat(saved.stage()).isEqualTo(LAYER);
    assertThat(store.verify(saved.file()))
        .isEqualTo(new CheckpointStore.Summary(saved.bytes(), saved.checksum()));

    try (OneLayer second = new OneLayer(Map.of(LAYER, saved.file()), Map.of())) {
      second.offer(new PassStart(Pass.LEARN, 0), batch(2), end(Pass.LEARN));
      assertThat(second.kit.event(RunEvent.RangesSet.class)).isEqualTo(ranges);
      RunEvent.Rounded resumed = second.kit.event(RunEvent.Rounded.class);
      assertThat(resumed.weight().integers()).isEqualTo(whole.weight().integers());
      assertThat(resumed.loss()).isEqualTo(whole.loss());
    }
  }

  @Test
  void aLayerThatHasItsIntegersRelaysInTheRoundPassAndSolvesNothing() throws Exception {
    List<float[]> forwarded = new ArrayList<>();
    String state;
    RunEvent.Saved integers;
    RunEvent.Rounded rounded;
    RunEvent.RangesSet ranges;
    try (OneLayer first = new OneLayer(Map.of(), Map.of())) {
      first.offer(new PassStart(Pass.ROUND, 0), new Checkpoint(7, 0, 0));
      state = first.kit.event(RunEvent.Saved.class).file();
      first.offer(batch(0), batch(1), end(Pass.ROUND));
      rounded = first.kit.event(RunEvent.Rounded.class);
      integers = first.kit.event(RunEvent.Saved.class);
      ranges = first.kit.event(RunEvent.RangesSet.class);
      first.consumer.next();
      first.consumer.next();
      for (int i = 0; i < 2; i++) {
        forwarded.add(first.consumer.nextBatch().activations().get("y").student().floats());
      }
    }
    assertThat(integers.rounded()).isTrue();
    try (OneLayer second = new OneLayer(Map.of(LAYER, state), Map.of(LAYER, integers.file()))) {
      second.offer(new PassStart(Pass.ROUND, 0), batch(0));
      assertThat(second.consumer.next()).isEqualTo(new PassStart(Pass.ROUND, 0));
      assertThat(second.consumer.nextBatch().activations().get("y").student().floats())
          .as("before the pass has ended")
          .isEqualTo(forwarded.get(0));
      second.offer(batch(1), end(Pass.ROUND));
      assertThat(second.consumer.nextBatch().activations().get("y").student().floats())
          .isEqualTo(forwarded.get(1));
      assertThat(second.consumer.next()).isInstanceOf(PassEnd.class);
      List<RunEvent> events = second.kit.eventsSoFar();
      assertThat(events).contains(ranges);
      assertThat(events)
          .filteredOn(RunEvent.Rounded.class::isInstance)
          .singleElement()
          .satisfies(
              e -> assertThat(((RunEvent.Rounded) e).seconds()).isEqualTo(rounded.seconds()));
      assertThat(events)
          .filteredOn(RunEvent.Advanced.class::isInstance)
          .extracting(e -> ((RunEvent.Advanced) e).activity())
          .containsOnly(RunEvent.Activity.RELAYING);
      assertThat(second.kit.memory().keptBytes()).isZero();
    }
  }

  @Test
  void whatCannotBeSavedIsToldAndTheBarrierPassesAllTheSame() throws Exception {
    try (OneLayer first = new OneLayer(Map.of(), Map.of())) {
      Files.createDirectory(folder.resolve("00000007-1-y.state"));
      first.offer(new PassStart(Pass.OBSERVE, 0), batch(0), new Checkpoint(7, 1, 2), batch(1));
      assertThat(first.consumer.next()).isInstanceOf(PassStart.class);
      assertThat(first.consumer.nextBatch().id()).isZero();
      assertThat(first.consumer.next()).isEqualTo(new Checkpoint(7, 1, 2));
      assertThat(first.consumer.nextBatch().id()).isEqualTo(1);
      RunEvent.NotSaved failed = first.kit.event(RunEvent.NotSaved.class);
      assertThat(failed.number()).isEqualTo(7);
      assertThat(failed.message()).contains("00000007-1-y.state").doesNotContain("\n");
    }
  }
}
