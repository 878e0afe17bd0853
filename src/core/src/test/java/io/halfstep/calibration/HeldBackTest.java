package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import akka.NotUsed;
import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import io.halfstep.source.InputPort;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;

class HeldBackTest {
  private static final ActorTestKit KIT = ActorTestKit.create();

  @AfterContainer
  static void stop() {
    KIT.shutdownTestKit();
  }

  /** Sample i has the values i, along the first axis of x and the second of h. */
  private static BatchSource numbered(int samples, int batch) {
    List<SampleBatch> batches = new ArrayList<>();
    for (int from = 0; from < samples; from += batch) {
      int size = Math.min(batch, samples - from);
      float[] x = new float[2 * size];
      float[] h = new float[2 * size];
      for (int i = 0; i < size; i++) {
        x[2 * i] = from + i;
        x[2 * i + 1] = from + i;
        h[i] = from + i;
        h[size + i] = from + i;
      }
      batches.add(
          new SampleBatch(
              batches.size(),
              from,
              size,
              Map.of("x", Tensor.of(x, size, 2), "h", Tensor.of(h, 2, size))));
    }
    return first -> Source.from(batches).drop(first);
  }

  private static List<InputPort> inputs(long fixedBatch) {
    return List.of(
        new InputPort("x", ElementType.FLOAT, new long[] {fixedBatch, 2}, 0),
        new InputPort("h", ElementType.FLOAT, new long[] {2, fixedBatch}, 1));
  }

  private static List<Integer> read(Source<SampleBatch, NotUsed> source) {
    List<Integer> samples = new ArrayList<>();
    for (SampleBatch batch :
        source.runWith(Sink.seq(), KIT.system()).toCompletableFuture().join()) {
      float[] x = batch.input("x").floats();
      float[] h = batch.input("h").floats();
      assertThat(x).hasSize(2 * batch.samples());
      assertThat(batch.input("h").shape()).containsExactly(2, batch.samples());
      for (int i = 0; i < batch.samples(); i++) {
        assertThat(new float[] {x[2 * i + 1], h[i], h[batch.samples() + i]}).containsOnly(x[2 * i]);
        samples.add((int) x[2 * i]);
      }
    }
    return samples;
  }

  @Property(tries = 40)
  void everyEighthSampleIsHeldBackWhateverTheBatches(
      @ForAll @IntRange(min = 1, max = 70) int samples,
      @ForAll @IntRange(min = 1, max = 40) int batch) {
    HeldBack heldBack = new HeldBack(numbered(samples, batch), inputs(-1));

    List<Integer> learned = read(heldBack.learned(0));
    List<Integer> compared = read(heldBack.compared(0, learned.size()));

    assertThat(learned).allMatch(i -> i % 8 != 7).hasSize(samples - samples / 8);
    assertThat(heldBack.learnedOf(samples)).isEqualTo(learned.size());
    if (heldBack.isSeparate(learned.size())) {
      assertThat(compared).isNotEmpty().allMatch(i -> i % 8 == 7).hasSize(samples / 8);
    } else {
      assertThat(samples).isLessThanOrEqualTo(8);
      assertThat(compared).hasSize(samples);
    }
  }

  @Property(tries = 10)
  void wholeBatchesAreHeldBackWhereTheModelFixesTheirSize(
      @ForAll @IntRange(min = 1, max = 20) int batches) {
    HeldBack heldBack = new HeldBack(numbered(3 * batches, 3), inputs(3));

    List<Integer> learned = read(heldBack.learned(0));

    assertThat(learned).allMatch(i -> i / 3 % 8 != 7).hasSize(3 * (batches - batches / 8));
    assertThat(heldBack.learnedOf(3L * batches)).isEqualTo(learned.size());
  }

  @Property(tries = 20)
  void theirOrderDoesNotMatter(@ForAll long seed) {
    List<Long> order = new ArrayList<>(LongStream.range(0, 40).boxed().toList());
    Collections.shuffle(order, new Random(seed));
    List<SampleBatch> batches = new ArrayList<>();
    for (int from = 0; from < 40; from += 5) {
      long[] numbers = order.subList(from, from + 5).stream().mapToLong(n -> n).toArray();
      float[] x = new float[10];
      float[] h = new float[10];
      for (int i = 0; i < 10; i++) {
        x[i] = numbers[i / 2];
        h[i] = numbers[i % 5];
      }
      batches.add(
          new SampleBatch(
              batches.size(), numbers, Map.of("x", Tensor.of(x, 5, 2), "h", Tensor.of(h, 2, 5))));
    }
    HeldBack heldBack = new HeldBack(first -> Source.from(batches).drop(first), inputs(-1));
    assertThat(read(heldBack.compared(0, 35))).containsExactlyInAnyOrder(7, 15, 23, 31, 39);
    assertThat(read(heldBack.learned(0))).hasSize(35).doesNotContain(7, 15, 23, 31, 39);
  }

  @Property(tries = 10)
  void aPassResumesInTheMiddle(@ForAll @IntRange(min = 0, max = 9) int first) {
    HeldBack heldBack = new HeldBack(numbered(40, 4), inputs(-1));

    assertThat(read(heldBack.learned(first)))
        .allMatch(i -> i >= 4 * first)
        .hasSize(35 - 4 * first + first / 2);
  }
}
