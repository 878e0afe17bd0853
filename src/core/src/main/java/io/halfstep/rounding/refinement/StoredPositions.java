package io.halfstep.rounding.refinement;

import io.halfstep.rounding.LayerSamples;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.statistics.PatchBudget;
import io.halfstep.statistics.SampleReservoir.Sample;
import io.halfstep.tensor.OffHeapMatrix;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Positions of the stored samples for one group of a layer: the student's columns, the target of
 * each row, and its current output. The positions of every fourth sample are held out and come
 * last.
 */
final class StoredPositions implements AutoCloseable {
  /** With fewer samples, none would be held out. */
  static final int LEAST_SAMPLES = 4;

  private static final int LEAST = 4096;
  // columns, targets and outputs of all groups that are refined at the same time: 128 MiB
  private static final long MOST_NUMBERS = 1 << 25;
  private static final int GROUPS_AT_ONCE = 8;

  private record Part(Sample sample, Patches.Columns columns) {
    int positions() {
      return columns.positions();
    }
  }

  private final RoundingProblem problem;
  private final LayerSamples layer;
  private final int group;
  private final int rows;
  private final int k;
  private final List<Part> parts = new ArrayList<>();

  /** The number of positions that are learned from. */
  final int learned;

  /** The number of all positions, held-out ones included. */
  final int count;

  /** The student's columns, {@code [K, count]}. */
  final OffHeapMatrix columns;

  /** {@code f_a(W x + b)} of each row. */
  final float[][] targets;

  /** {@code W̃ x̂ + b} of each row. */
  final float[][] outputs;

  /** Allocates the memory that {@link #load} fills. */
  StoredPositions(RoundingProblem problem, LayerSamples layer, int group) {
    this.problem = problem;
    this.layer = layer;
    this.group = group;
    rows = problem.rowsPerGroup();
    k = problem.k();
    List<Sample> samples = layer.reservoir().samples();
    int perSample = perSample(samples.size());
    List<Part> heldOut = new ArrayList<>();
    for (int s = 0; s < samples.size(); s++) {
      Sample sample = samples.get(s);
      Part part =
          new Part(
              sample,
              layer.patches().thinned(perSample).columns(sample.teacher().shape(), sample.index()));
      (s % LEAST_SAMPLES == LEAST_SAMPLES - 1 ? heldOut : parts).add(part);
    }
    learned = parts.stream().mapToInt(Part::positions).sum();
    parts.addAll(heldOut);
    count = parts.stream().mapToInt(Part::positions).sum();
    targets = new float[rows][count];
    outputs = new float[rows][count];
    columns = new OffHeapMatrix(k, count); // last: if anything fails here, nothing stays
  }

  private int perSample(int samples) {
    int atOnce = Math.min(GROUPS_AT_ONCE, problem.out() / rows);
    long most = MOST_NUMBERS / atOnce / (k + 2L * rows);
    long wanted = Math.min(Math.max(LEAST, (long) PatchBudget.PER_WEIGHT * k), most);
    return (int) Math.max(1, wanted / samples);
  }

  /**
   * Computes columns, targets and outputs.
   *
   * @param weights W̃, {@code [out, K]}
   */
  void load(float[] weights, SolverProgress progress) {
    int tile = parts.stream().mapToInt(Part::positions).max().orElse(1);
    try (OffHeapMatrix teacher = new OffHeapMatrix(rows, k);
        OffHeapMatrix student = new OffHeapMatrix(rows, k);
        OffHeapMatrix input = new OffHeapMatrix(k, tile);
        OffHeapMatrix output = new OffHeapMatrix(rows, tile)) {
      teacher.put(0, 0, problem.weights(), group * rows * k, rows * k);
      student.put(0, 0, weights, group * rows * k, rows * k);
      float[] scratch = new float[k * tile];
      int at = 0;
      for (Part part : parts) {
        progress.check();
        extract(part, part.sample().teacher(), scratch, input);
        output.setProduct(teacher, input, part.positions());
        addBias(output, part.positions(), targets, at);
        extract(part, part.sample().student(), scratch, input);
        output.setProduct(student, input, part.positions());
        addBias(output, part.positions(), outputs, at);
        for (int j = 0; j < k; j++) {
          columns.put(j, at, scratch, j * part.positions(), part.positions());
        }
        at += part.positions();
      }
    }
    for (float[] row : targets) {
      for (int n = 0; n < count; n++) {
        row[n] = layer.activation().apply(row[n]);
      }
    }
  }

  private void extract(Part part, Tensor x, float[] scratch, OffHeapMatrix to) {
    int n = part.positions();
    part.columns().extract(x.floats(), group * k, k, 0, n, scratch);
    for (int j = 0; j < k; j++) {
      to.put(j, 0, scratch, j * n, n);
    }
  }

  private void addBias(OffHeapMatrix products, int n, float[][] to, int at) {
    for (int r = 0; r < rows; r++) {
      products.get(r, to[r], at, n);
      float bias = layer.bias()[group * rows + r];
      for (int i = at; i < at + n; i++) {
        to[r][i] += bias;
      }
    }
  }

  @Override
  public void close() {
    columns.close();
  }
}
