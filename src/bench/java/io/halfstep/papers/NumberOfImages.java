package io.halfstep.papers;

import io.halfstep.calibration.Datasets;
import io.halfstep.source.Normalization;
import io.halfstep.synthesis.SyntheticSamples;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;

/** [A] Figure 3: how many images are needed, and of which domain. */
final class NumberOfImages {
  private static final int[] COUNTS = {16, 64, 256};
  private static final int OF_OTHER_DOMAIN = 256;
  private static final int BATCH = 32;

  private final Task task;
  private final Runs runs;
  private final Tensor images;

  NumberOfImages(Task task, Runs runs) {
    this.task = task;
    this.runs = runs;
    images = Tensor.concatenate(task.calibration());
  }

  void print() throws InterruptedException {
    Table table = new Table("Figure 3: images to learn from", Table.TWO, "AdaRound");
    for (int count : COUNTS) {
      row(table, count + " of the training set", seed -> drawn(count, seed));
    }
    table.row("all 1024", "", bits -> runs.allLayers(adaRound(bits)));
    row(table, "256 inverted", changed(NumberOfImages::inverted));
    row(table, "256 of uniform noise", this::noise);
    Tensor synthetic =
        new SyntheticSamples(
                task.graph().model(),
                Datasets.ports(task.graph().model()),
                Normalization.parse(Task.NORMALIZATION))
            .make(OF_OTHER_DOMAIN, 0, Runtime.getRuntime().availableProcessors(), share -> {});
    row(table, "256 synthetic, from batch norms", seed -> batches(synthetic));
  }

  private void row(Table table, String label, LongFunction<List<Tensor>> learned) {
    table.row(label, "", bits -> runs.allLayers(adaRound(bits), learned));
  }

  private static WeightRounding adaRound(int bits) {
    return AdaRoundTables.complete(bits, AdaRoundTables.ADAROUND);
  }

  /** A random draw without replacement. */
  private List<Tensor> drawn(int count, long seed) {
    int[] order = new int[Math.toIntExact(images.dim(0))];
    SplittableRandom random = new SplittableRandom(seed);
    List<Tensor> drawn = new ArrayList<>();
    for (int i = 0; i < order.length; i++) {
      int at = random.nextInt(i + 1);
      order[i] = order[at];
      order[at] = i;
    }
    for (int i = 0; i < count; i++) {
      drawn.add(images.rows(order[i], order[i] + 1));
    }
    return batches(Tensor.concatenate(drawn));
  }

  private static List<Tensor> batches(Tensor samples) {
    List<Tensor> batches = new ArrayList<>();
    int count = Math.toIntExact(samples.dim(0));
    for (int from = 0; from < count; from += BATCH) {
      batches.add(samples.rows(from, Math.min(count, from + BATCH)));
    }
    return batches;
  }

  private LongFunction<List<Tensor>> changed(UnaryOperator<Tensor> change) {
    return seed -> drawn(OF_OTHER_DOMAIN, seed).stream().map(change).toList();
  }

  /** White becomes black. */
  private static Tensor inverted(Tensor batch) {
    float[] pixels = batch.floats().clone();
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = lowest() + highest() - pixels[i];
    }
    return Tensor.of(pixels, batch.shape());
  }

  private List<Tensor> noise(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Tensor drawn = images.rows(0, OF_OTHER_DOMAIN);
    float[] pixels = new float[drawn.size()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) (lowest() + random.nextDouble() * (highest() - lowest()));
    }
    return batches(Tensor.of(pixels, drawn.shape()));
  }

  /** Black, normalized. */
  private static float lowest() {
    return -Task.MEAN / Task.DEVIATION;
  }

  /** White, normalized. */
  private static float highest() {
    return (1 - Task.MEAN) / Task.DEVIATION;
  }
}
