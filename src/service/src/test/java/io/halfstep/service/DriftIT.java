package io.halfstep.service;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.service.journal.JobEvent;
import io.halfstep.service.version.Validation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stream of images that shifts. {@code src/bench/drift.sh} has more images and shifts. */
class DriftIT {
  private static final int GENERATION = 128;
  private static final int VALIDATED = 64;
  private static final int STREAMED = 8000;

  @TempDir Path state;
  private ImageJob job;

  @BeforeEach
  void start() throws IOException {
    job = new ImageJob(state, GENERATION, VALIDATED, STREAMED, 1);
  }

  @AfterEach
  void stop() {
    job.close();
  }

  @Test
  void invertedImagesRaiseTheAlarmAndTheNextVersionFitsThemBetter() throws Exception {
    job.generation(Shift.NONE);
    JobDrift calm = job.generation(Shift.NONE);
    int before = job.live().job().current();

    JobDrift shifted = job.generation(Shift.INVERTED);

    assertThat(calm.drifting()).isFalse();
    assertThat(shifted.drifting()).isTrue();
    assertThat(shifted.share()).isGreaterThan(3 * calm.share());
    int after = job.live().job().current();
    assertThat(after).isGreaterThan(before);
    byte[][] others = Arrays.copyOfRange(ImageJob.images(), STREAMED, STREAMED + 500);
    Validation compared =
        Validation.of(
            ImageJob.MODEL,
            job.version(after),
            job.version(before),
            List.of(ImageJob.batch(Shift.INVERTED, others)));
    assertThat(compared.decibels()).isGreaterThan(compared.currentDecibels() + 0.5);
  }

  @Test
  void aVersionFromNoiseIsNotPublished() throws Exception {
    long end = job.live().job().windowEnd();
    job.feed(Shift.NONE, GENERATION);
    job.feed(Shift.NOISE, GENERATION);
    job.await(end);

    JobDrift drift = job.generation(Shift.NONE);

    assertThat(drift.drifting()).isTrue();
    assertThat(job.live().job().newestVersion()).isEqualTo(1);
    JobEvent.Rejected rejected = requireNonNull(job.live().job().rejected());
    assertThat(rejected.decibels()).isLessThan(rejected.currentDecibels() - 0.5);
    assertThat(job.live().rejected()).isEqualTo(1);
  }
}
