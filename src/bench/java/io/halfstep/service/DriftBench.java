package io.halfstep.service;

import static java.util.Objects.requireNonNull;

import io.halfstep.service.journal.JobEvent;
import io.halfstep.service.version.Validation;
import io.halfstep.source.Labels;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.OnnxProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Lets the stream of images of a job shift, become noise for a while, or stay as it is, and prints
 * a line of JSON for each: {@code DriftBench FOLDER CALM_SAMPLES SHIFT…}.
 */
final class DriftBench {
  private static final int GENERATION = 256;
  private static final int VALIDATED = 64;
  private static final int CALM_GENERATIONS = 3;
  private static final int MOST_GENERATIONS = 4;
  private static final int STREAMED = 8000; // the other test images measure the versions
  private static final int ALL = 10_000;
  private static final long SEED = 0;

  private final Path folder;
  private final byte[][] measured = Arrays.copyOfRange(ImageJob.images(), STREAMED, ALL);
  private final long[] labels =
      Arrays.copyOfRange(Labels.read(ImageJob.EXAMPLES + "/test.npz:labels"), STREAMED, ALL);

  private DriftBench(Path folder) {
    this.folder = folder;
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    DriftBench bench = new DriftBench(Path.of(args[0]));
    for (String name : List.of(args).subList(2, args.length)) {
      Shift shift = Shift.valueOf(name.toUpperCase(Locale.ROOT));
      if (shift == Shift.NOISE) {
        bench.noise(0);
        bench.noise(VALIDATED);
      } else {
        bench.shift(shift);
      }
    }
    bench.calm(Integer.parseInt(args[1]) / GENERATION);
    System.exit(0); // libraries leave threads
  }

  private ImageJob job(int images) throws IOException {
    Path state = Files.createTempDirectory(folder, "state");
    return new ImageJob(state, GENERATION, VALIDATED, images, SEED);
  }

  /** The stream shifts for good, in the middle of a generation. */
  private void shift(Shift shift) throws IOException, InterruptedException {
    try (ImageJob job = job(STREAMED)) {
      double calm = 0;
      for (int i = 0; i < CALM_GENERATIONS; i++) {
        calm = share(calm, job.generation(Shift.NONE));
      }
      int before = job.live().job().current();
      job.feed(Shift.NONE, GENERATION / 2 - VALIDATED);
      int samples = -GENERATION / 2;
      JobDrift drift;
      do {
        drift = job.generation(shift);
        samples += GENERATION;
      } while (!drift.drifting() && samples < MOST_GENERATIONS * GENERATION);
      int after = job.live().job().current();
      System.out.printf(
          "{\"shift\":\"%s\",\"calm_share\":%.2f,\"alarm\":%b,\"samples_to_alarm\":%d,%s,%s}%n",
          shift.name().toLowerCase(Locale.ROOT),
          calm,
          drift.drifting(),
          samples,
          figures(drift),
          versions(job, before, after, shift));
    }
  }

  /**
   * As many images as a version has are noise.
   *
   * @param late how many samples of the version under way come before
   */
  private void noise(int late) throws IOException, InterruptedException {
    try (ImageJob job = job(STREAMED)) {
      for (int i = 1; i < CALM_GENERATIONS; i++) {
        job.generation(Shift.NONE);
      }
      long end = job.live().job().windowEnd();
      job.feed(Shift.NONE, GENERATION - VALIDATED + late);
      job.feed(Shift.NOISE, GENERATION - late);
      job.await(end);
      int before = job.live().job().current();
      JobDrift drift = job.generation(late > 0 ? Shift.NOISE : Shift.NONE);
      int after = job.live().job().current();
      JobEvent.Rejected rejected = job.live().job().rejected();
      System.out.printf(
          "{\"shift\":\"noise\",\"late\":%d,%s,\"published\":%b,%s}%n",
          late,
          figures(drift),
          after > before,
          after > before
              ? versions(job, before, after, Shift.NONE)
              : rejection(requireNonNull(rejected)));
    }
  }

  private static String rejection(JobEvent.Rejected rejected) {
    return "\"old_db\":%.1f,\"new_db\":%.1f"
        .formatted(rejected.currentDecibels(), rejected.decibels());
  }

  /** The stream stays as it is. */
  private void calm(int generations) throws IOException, InterruptedException {
    int alarms = 0;
    int rejected = 0;
    double sigmas = 0;
    double share = 0;
    double loss = 0;
    try (ImageJob job = job(ALL)) {
      for (int i = 1; i <= generations; i++) {
        JobDrift drift = job.generation(Shift.NONE);
        if (i == 1) {
          continue; // there is no version before
        }
        alarms += drift.drifting() ? 1 : 0;
        share = Math.max(share, drift.share());
        sigmas = Math.max(sigmas, drift.sigmas());
        loss = Math.max(loss, drift.lossRatio());
        rejected = job.live().rejected();
        System.err.printf(
            "%d samples: %d alarms, greatest share %.3f, %d rejected%n",
            i * GENERATION, alarms, share, rejected);
      }
    }
    System.out.printf(
        "{\"shift\":\"none\",\"samples\":%d,\"alarms\":%d,\"greatest_share\":%.3f,"
            + "\"greatest_sigmas\":%.4f,\"greatest_loss_ratio\":%.3f,\"rejected\":%d}%n",
        generations * GENERATION, alarms, share, sigmas, loss, rejected);
  }

  private static double share(double before, JobDrift drift) {
    return Double.isNaN(drift.share()) ? before : Math.max(before, drift.share());
  }

  private static String figures(JobDrift drift) {
    return "\"share\":%.2f,\"sigmas\":%.3f,\"clipped\":%.5f,\"loss_ratio\":%.2f"
        .formatted(drift.share(), drift.sigmas(), drift.clipped(), drift.lossRatio());
  }

  /** Compares two versions on images that were not streamed. */
  private String versions(ImageJob job, int old, int now, Shift shift) {
    SampleBatch images = ImageJob.batch(shift, measured);
    Validation decibels =
        Validation.of(ImageJob.MODEL, job.version(now), job.version(old), List.of(images));
    return ("\"old_db\":%.1f,\"new_db\":%.1f,"
            + "\"float_top1\":%.2f,\"old_top1\":%.2f,\"new_top1\":%.2f")
        .formatted(
            decibels.currentDecibels(),
            decibels.decibels(),
            top1(ImageJob.MODEL, images),
            top1(job.version(old), images),
            top1(job.version(now), images));
  }

  /** The accuracy of a model in percent. */
  private double top1(Path model, SampleBatch images) {
    try (OnnxProgram program = OnnxProgram.load(model, OnnxProgram.Options.DEFAULT)) {
      float[] logits = program.run(images.inputs(), "logits").floats();
      int classes = logits.length / labels.length;
      int correct = 0;
      for (int i = 0; i < labels.length; i++) {
        int best = 0;
        for (int k = 1; k < classes; k++) {
          best = logits[i * classes + k] > logits[i * classes + best] ? k : best;
        }
        correct += best == labels[i] ? 1 : 0;
      }
      return 100.0 * correct / labels.length;
    }
  }
}
