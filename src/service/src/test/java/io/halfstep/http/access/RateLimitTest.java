package io.halfstep.http.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RateLimitTest {
  private static final long SECOND = 1_000_000_000L;
  private long now = 17;

  private RateLimit of(long perSecond) {
    return new RateLimit(perSecond, () -> now);
  }

  @Test
  void aSecondsWorthIsTakenAtOnceAndThenTheRate() {
    RateLimit limit = of(10);

    for (int i = 0; i < 10; i++) {
      assertThat(limit.take(1)).isZero();
    }
    assertThat(limit.take(1)).isEqualTo(1);
    now += SECOND / 10;
    assertThat(limit.take(1)).isZero();
    assertThat(limit.take(1)).isEqualTo(1);
    now += 1000 * SECOND; // it holds no more than a second's worth
    for (int i = 0; i < 10; i++) {
      assertThat(limit.take(1)).isZero();
    }
    assertThat(limit.take(1)).isEqualTo(1);
  }

  @Test
  void whatIsLargerThanTheBucketIsMadeUpFor() {
    RateLimit limit = of(100);

    assertThat(limit.take(350)).isZero();
    assertThat(limit.take(100)).isEqualTo(4); // 2.5 s of debt and 1 s to fill
    assertThat(limit.take(0)).isEqualTo(3);
    now += 5 * SECOND / 2;
    assertThat(limit.take(0)).isZero();
    limit.took(200);
    assertThat(limit.take(1)).isEqualTo(3); // 2.01 s
    now += 21 * SECOND / 10;
    assertThat(limit.take(1)).isZero();
  }

  @Test
  void whoWaitsAsToldIsAcceptedAndTheMeanRateHolds() {
    Random random = new Random(5);
    RateLimit limit = of(1000);
    long start = now;
    long taken = 0;
    long largest = 5000;
    for (int i = 0; i < 2000; i++) {
      long amount = random.nextInt((int) largest);
      long wait = limit.take(amount);
      if (wait > 0) {
        now += wait * SECOND;
        assertThat(limit.take(amount)).isZero();
      }
      taken += amount;
      now += random.nextInt(1000) * 1000L;
      assertThat((double) taken)
          .isLessThanOrEqualTo(1000.0 * (now - start) / SECOND + 1000 + largest);
    }
  }

  @Test
  void zeroIsNoLimit() {
    RateLimit limit = of(0);

    limit.took(Long.MAX_VALUE);
    assertThat(limit.take(Long.MAX_VALUE)).isZero();
  }
}
