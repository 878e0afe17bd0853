package io.halfstep.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class SampleOrderTest {
  private static final int WINDOW = 8;
  private static final Collation COLLATION =
      new Collation(List.of(new InputPort("mask", ElementType.INT64, new long[] {-1, -1})), "mask");

  private static Sample sample(long number, int length) {
    Tensor mask = Tensor.of(ElementType.INT64, new long[length], 1, length);
    return new Sample(number, number, Map.of("mask", mask));
  }

  private static long length(Sample sample) {
    return sample.inputs().get("mask").dim(1);
  }

  private static List<Sample> ordered(int window, List<Integer> lengths) {
    SampleOrder order = new SampleOrder(COLLATION, window);
    List<Sample> all = new ArrayList<>();
    for (int i = 0; i < lengths.size(); i++) {
      all.addAll(order.add(sample(i, lengths.get(i))));
    }
    all.addAll(order.end());
    return all;
  }

  @Property(tries = 200)
  void everySampleComesOnceNearItsPlace(
      @ForAll @Size(max = 60) List<@IntRange(min = 1, max = 9) Integer> lengths) {
    SampleOrder order = new SampleOrder(COLLATION, WINDOW);
    List<Sample> all = new ArrayList<>();
    for (int i = 0; i < lengths.size(); i++) {
      all.addAll(order.add(sample(i, lengths.get(i))));
      assertThat(all).hasSizeGreaterThan(i + 1 - WINDOW);
    }
    all.addAll(order.end());
    assertThat(all)
        .extracting(Sample::number)
        .containsExactlyInAnyOrderElementsOf(LongStream.range(0, lengths.size()).boxed().toList());
    assertThat(all).allMatch(sample -> length(sample) == lengths.get((int) sample.number()));
    assertThat(ordered(1, lengths)).extracting(Sample::number).isSorted();
  }

  @Example
  void windowsRiseAndFallByTurns() {
    List<Integer> lengths = List.of(5, 4, 9, 1, 3, 6, 2, 8, 7, 1, 9, 4, 2, 8, 5, 3, 6, 5);
    assertThat(ordered(WINDOW, lengths))
        .extracting(SampleOrderTest::length)
        .containsExactly(5L, 1L, 2L, 3L, 4L, 6L, 7L, 8L, 9L, 9L, 8L, 6L, 5L, 4L, 3L, 2L, 1L, 5L);
  }

  @Example
  void largeSamplesDoNotPileUp() {
    SampleOrder order = new SampleOrder(COLLATION, WINDOW);
    order.add(sample(0, 1));
    Tensor large = Tensor.of(ElementType.BOOL, new byte[1 << 23], 1, 1 << 23);
    assertThat(order.add(new Sample(1, 1, Map.of("mask", large)))).isEmpty();
    assertThat(order.add(new Sample(2, 2, Map.of("mask", large)))).hasSize(2);
  }

  @Example
  void samplesOfOneShapeDoNotWait() {
    SampleOrder order = new SampleOrder(COLLATION, WINDOW);
    for (int i = 0; i < 20; i++) {
      assertThat(order.add(sample(i, 3))).hasSize(1);
    }
    assertThat(order.add(sample(20, 4))).isEmpty();
    assertThat(order.add(sample(21, 3))).isEmpty();
    assertThat(order.end()).extracting(Sample::number).containsExactly(21L, 20L);
  }
}
