package io.halfstep.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
  @Test
  void isNeverOverdrawnWhoeverAsks() {
    MemoryBudget budget = new MemoryBudget(1000);
    AtomicLong highest = new AtomicLong();
    IntStream.range(0, 4)
        .parallel()
        .forEach(
            thread -> {
              Random random = new Random(thread);
              for (int i = 0; i < 50_000; i++) {
                long bytes = random.nextInt(600);
                if (budget.reserve(bytes)) {
                  long used = budget.usedBytes();
                  highest.accumulateAndGet(used, Math::max);
                  budget.release(bytes);
                }
              }
            });
    assertThat(highest.get()).isPositive().isLessThanOrEqualTo(1000);
    assertThat(budget.usedBytes()).isZero();
  }

  @Test
  void givesToTheLastByte() {
    MemoryBudget budget = new MemoryBudget(10);
    assertThat(budget.reserve(11)).isFalse();
    assertThat(budget.reserve(10)).isTrue();
    assertThat(budget.reserve(1)).isFalse();
    assertThat(budget.reserve(0)).isTrue();
  }
}
