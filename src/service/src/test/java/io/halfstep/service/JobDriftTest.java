package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobDriftTest {
  private static JobDrift moved(JobDrift before, long samples, double... sigmas) {
    List<LayerFigures> layers =
        Arrays.stream(sigmas).mapToObj(s -> LayerFigures.UNKNOWN.drifted(s, 0)).toList();
    return JobDrift.of(layers, samples, before);
  }

  @Test
  void anAlarmBeginsAtOneAndEndsBelowAHalf() {
    JobDrift most = moved(JobDrift.UNKNOWN, 256, 0.01, 0.06);
    assertThat(most.share()).isCloseTo(0.875, within(1e-9));
    assertThat(most.drifting()).isFalse();

    JobDrift alarm = moved(most, 256, 0.05);
    assertThat(alarm.drifting()).isTrue();
    assertThat(moved(alarm, 256, 0.021).drifting()).isTrue();
    assertThat(moved(alarm, 256, 0.019).drifting()).isFalse();
    assertThat(moved(most, 256, 0.021).drifting()).isFalse();
  }

  @Test
  void aQuarterOfTheSamplesMayVaryTwiceAsMuch() {
    assertThat(moved(JobDrift.UNKNOWN, 64, 0.06).share()).isCloseTo(0.75, within(1e-9));
    assertThat(moved(JobDrift.UNKNOWN, 1024, 0.06).share()).isCloseTo(1.5, within(1e-9));
  }

  @Test
  void theGreatestFigureCounts() {
    LayerFigures layer = LayerFigures.UNKNOWN.drifted(0.004, -0.001).drifted(1.5);
    assertThat(JobDrift.of(List.of(layer), 256, JobDrift.UNKNOWN).share())
        .isCloseTo(1, within(1e-9));
    assertThat(JobDrift.UNKNOWN.share()).isNaN();
  }
}
