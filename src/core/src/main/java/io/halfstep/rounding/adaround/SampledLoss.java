package io.halfstep.rounding.adaround;

import io.halfstep.rounding.LayerSamples;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.row.ParallelSteps;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.statistics.SampleReservoir.Sample;
import io.halfstep.tensor.OffHeapMatrix;
import io.halfstep.tensor.OffHeapMemory;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The reconstruction error {@code E‖f_a(W x + b) − f_a(W̃ x̂ + b)‖²} of [A] eq. 25 on stored
 * samples, and its gradient with respect to W̃. The targets {@code f_a(W x + b)} are computed once
 * and kept.
 */
final class SampledLoss implements AutoCloseable {
  // a batch is split into this many parts; constant, because the sums depend on it
  private static final int LANES = 4;
  private static final int MAX_TILE = 2048;

  private final RoundingProblem problem;
  private final SolverProgress progress;
  private final Patches patches;
  private final LayerSamples layer;
  private final List<Sample> samples;
  private final int rows;
  private final int k;
  // the columns that a thread processes at once
  private final int tile;
  // [sample][out, positions]
  private final float[][] targets;
  private final OffHeapMemory memory;
  private final List<Lane> lanes = new ArrayList<>();

  SampledLoss(RoundingProblem problem, LayerSamples layer, SolverProgress progress) {
    this(problem, layer, progress, new OffHeapMemory());
  }

  /**
   * @param memory owned by the new object; closed with it, or if the constructor fails
   */
  SampledLoss(
      RoundingProblem problem, LayerSamples layer, SolverProgress progress, OffHeapMemory memory) {
    this.problem = problem;
    this.progress = progress;
    this.memory = memory;
    this.layer = layer;
    patches = layer.patches();
    samples = layer.reservoir().samples();
    rows = problem.rowsPerGroup();
    k = problem.k();
    targets = new float[samples.size()][];
    int most = 1;
    for (int i = 0; i < targets.length; i++) {
      targets[i] = new float[problem.out() * positions(i)];
      most = Math.max(most, positions(i));
    }
    tile = Math.min(MAX_TILE, most);
    try {
      for (int i = 0; i < problem.moments().size() * LANES; i++) {
        lanes.add(new Lane(i / LANES));
      }
    } catch (RuntimeException | Error e) {
      memory.close();
      throw e;
    }
  }

  private int positions(int sample) {
    return patches.columns(samples.get(sample).teacher().shape()).positions();
  }

  /** Returns the number of samples. */
  int size() {
    return samples.size();
  }

  /** Computes the targets. */
  void aim() {
    ParallelSteps.run(
        lanes.size(),
        i -> {
          Lane lane = lanes.get(i);
          lane.setWeights(problem.weights());
          for (int s = i % LANES; s < targets.length; s += LANES) {
            lane.aim(s);
          }
        });
  }

  /**
   * The gradient over a batch: summed over output channels, averaged over samples and positions.
   *
   * @param weights W̃, {@code [out, K]}
   * @param batch numbers of samples
   * @param gradient receives the result
   */
  void gradient(float[] weights, int[] batch, float[] gradient) {
    ParallelSteps.run(
        lanes.size(),
        i -> {
          Lane lane = lanes.get(i);
          lane.setWeights(weights);
          for (int b = i % LANES; b < batch.length; b += LANES) {
            lane.addGradient(batch[b]);
          }
        });
    long positions = 0;
    for (int sample : batch) {
      positions += positions(sample);
    }
    Arrays.fill(gradient, 0);
    for (Lane lane : lanes) {
      int offset = lane.group * rows * k;
      for (int i = 0; i < rows * k; i++) {
        gradient[offset + i] += 2 * lane.sum[i] / positions;
      }
    }
  }

  @Override
  public void close() {
    memory.close();
  }

  /** The buffers of one thread that works on one group. */
  private final class Lane {
    private final int group;
    private final OffHeapMatrix weights = memory.matrix(rows, k);
    private final OffHeapMatrix columns = memory.matrix(k, tile);
    private final OffHeapMatrix outputs = memory.matrix(rows, tile);
    private final OffHeapMatrix product = memory.matrix(rows, k);
    private final float[] scratch = new float[Math.max(k * tile, rows * k)];
    private final float[] row = new float[tile];
    private final float[] sum = new float[rows * k];

    Lane(int group) {
      this.group = group;
    }

    void setWeights(float[] all) {
      weights.put(0, 0, all, group * rows * k, rows * k);
      Arrays.fill(sum, 0);
    }

    void aim(int sample) {
      int positions = positions(sample);
      for (int from = 0; from < positions; from += tile) {
        int count = Math.min(tile, positions - from);
        forward(samples.get(sample).teacher(), from, count);
        for (int r = 0; r < rows; r++) {
          outputs.get(r, row, 0, count);
          float bias = layer.bias()[group * rows + r];
          int to = (group * rows + r) * positions + from;
          for (int n = 0; n < count; n++) {
            targets[sample][to + n] = layer.activation().apply(row[n] + bias);
          }
        }
      }
    }

    void addGradient(int sample) {
      int positions = positions(sample);
      for (int from = 0; from < positions; from += tile) {
        int count = Math.min(tile, positions - from);
        forward(samples.get(sample).student(), from, count);
        for (int r = 0; r < rows; r++) {
          outputs.get(r, row, 0, count);
          float bias = layer.bias()[group * rows + r];
          int target = (group * rows + r) * positions + from;
          for (int n = 0; n < count; n++) {
            float output = row[n] + bias;
            boolean passes = layer.activation().passes(output);
            row[n] = passes ? output - targets[sample][target + n] : 0;
          }
          outputs.put(r, 0, row, 0, count);
        }
        product.setProductTransposed(outputs, columns, count);
        product.get(0, scratch, 0, rows * k);
        for (int i = 0; i < rows * k; i++) {
          sum[i] += scratch[i];
        }
      }
    }

    private void forward(Tensor input, int from, int count) {
      progress.check();
      Patches.Columns seen = patches.columns(input.shape());
      seen.extract(input.floats(), group * k, k, from, count, scratch);
      for (int i = 0; i < k; i++) {
        columns.put(i, 0, scratch, i * count, count);
      }
      outputs.setProduct(weights, columns, count);
    }
  }
}
