package io.halfstep.rounding;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.statistics.Moments;
import io.halfstep.statistics.SampleReservoir;
import io.halfstep.tensor.ClipFunction;
import io.halfstep.tensor.RowPatches;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Random rounding problems, some of them with difficult data. */
public record Problems(
    int groups, int rows, int k, int bits, Data data, boolean student, Scales scales) {

  /** Does not divide most lengths, so that the last block is short. */
  public static final int BLOCK_SIZE = 3;

  /** The distribution of the inputs. */
  public enum Data {
    CORRELATED,
    ILL_CONDITIONED,
    SINGULAR,
    DEAD_INPUTS,
    ZERO
  }

  /** The layout of the scales. */
  public enum Scales {
    CHANNEL,
    TENSOR,
    CLIPPING,
    ASYMMETRIC,
    BLOCKS,
    ASYMMETRIC_BLOCKS
  }

  /** A problem without samples. */
  public RoundingProblem problem(long seed) {
    return problem(seed, null);
  }

  /**
   * A problem with the samples that its moments were computed from, one position each. It must have
   * one group.
   *
   * @param activation f_a; null leaves the samples out
   */
  public RoundingProblem problem(long seed, @Nullable ClipFunction activation) {
    List<float[]> teachers = new ArrayList<>();
    List<float[]> students = new ArrayList<>();
    Random random = new Random(seed);
    int out = groups * rows;
    float[] weights = new float[out * k];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) random.nextGaussian();
    }
    List<Moments> moments = new ArrayList<>();
    for (int g = 0; g < groups; g++) {
      float[] own = Arrays.copyOfRange(weights, g * rows * k, (g + 1) * rows * k);
      moments.add(moments(own, random, teachers, students));
    }
    return new RoundingProblem(
        weights,
        out,
        k,
        encoding(out, random),
        moments,
        seed,
        activation == null ? null : samples(teachers, students, out, random, activation),
        null,
        Reach.GRID,
        false);
  }

  private LayerSamples samples(
      List<float[]> teachers,
      List<float[]> students,
      int out,
      Random random,
      ClipFunction activation) {
    SampleReservoir reservoir = new SampleReservoir(1 << 20, 1);
    for (int n = 0; n < teachers.size(); n++) {
      reservoir.add(n, Tensor.of(teachers.get(n), 1, k), Tensor.of(students.get(n), 1, k));
    }
    float[] bias = new float[out];
    for (int r = 0; r < out; r++) {
      bias[r] = (float) random.nextGaussian();
    }
    return new LayerSamples(reservoir, RowPatches.rows(k), bias, activation);
  }

  private Encoding encoding(int out, Random random) {
    boolean blocked = scales == Scales.BLOCKS || scales == Scales.ASYMMETRIC_BLOCKS;
    boolean asymmetric = scales == Scales.ASYMMETRIC || scales == Scales.ASYMMETRIC_BLOCKS;
    int channels = scales == Scales.TENSOR ? 1 : out;
    int blocks = blocked ? (k - 1) / BLOCK_SIZE + 1 : 1;
    float[] s = new float[channels * blocks];
    int[] zero = new int[s.length];
    Grid grid = asymmetric ? Grid.unsigned(bits) : Grid.signed(bits);
    for (int i = 0; i < s.length; i++) {
      float range = scales == Scales.CLIPPING ? 0.7f : 2.5f;
      s[i] = range * (0.8f + 0.4f * random.nextFloat()) / (1 << (bits - 1));
      s[i] *= blocked ? 1 + i % 3 * 0.4f : 1;
      zero[i] = asymmetric ? grid.highest() / 2 + random.nextInt(2) : 0;
    }
    return Encoding.perBlock(grid, blocked ? BLOCK_SIZE : k, blocks, s, zero);
  }

  private Moments moments(
      float[] weights, Random random, List<float[]> teachers, List<float[]> students) {
    int n = data == Data.SINGULAR ? Math.max(1, k / 2) : 4 * k + 4;
    double[] gram = new double[k * k];
    double[] cross = new double[student ? rows * k : 0];
    double[] shift = new double[student ? rows : 0];
    for (int p = 0; p < n; p++) {
      double[] x = new double[k];
      double[] delta = new double[k];
      float[] teacher = new float[k];
      float[] seen = new float[k];
      double common = random.nextGaussian();
      for (int i = 0; i < k; i++) {
        x[i] = Math.max(-0.3, random.nextGaussian() + 1.5 * common);
        x[i] *= data == Data.ILL_CONDITIONED ? Math.pow(10, i % 7 - 3) : 1;
        boolean dead = data == Data.ZERO || (data == Data.DEAD_INPUTS && i % 3 == 1);
        x[i] *= dead ? 0 : 1;
        delta[i] = student ? 0.2 * x[i] * random.nextGaussian() : 0;
        teacher[i] = (float) (x[i] - delta[i]);
        seen[i] = (float) x[i];
      }
      teachers.add(teacher);
      students.add(seen);
      for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++) {
          gram[i * k + j] += x[i] * x[j] / n;
        }
      }
      for (int r = 0; student && r < rows; r++) {
        double moved = 0;
        for (int i = 0; i < k; i++) {
          moved += weights[r * k + i] * delta[i];
        }
        shift[r] += moved * moved / n;
        for (int i = 0; i < k; i++) {
          cross[r * k + i] += moved * x[i] / n;
        }
      }
    }
    return new Moments(k, n, gram, cross, shift);
  }

  /** The same problem with another candidate set of each weight. */
  public static RoundingProblem reaching(RoundingProblem problem, Reach reach) {
    return new RoundingProblem(
        problem.weights(),
        problem.out(),
        problem.k(),
        problem.encoding(),
        problem.moments(),
        problem.seed(),
        problem.samples(),
        problem.scaleBounds(),
        reach,
        problem.keepsZeros());
  }

  /** L of each row by the formula of the moments. */
  public static double[] losses(RoundingProblem problem, float[] dequantized) {
    int k = problem.k();
    int rows = problem.rowsPerGroup();
    double[] losses = new double[problem.out()];
    for (int r = 0; r < losses.length; r++) {
      double[] d = new double[k];
      for (int j = 0; j < k; j++) {
        d[j] = (double) dequantized[r * k + j] - problem.weights()[r * k + j];
      }
      losses[r] = problem.moments().get(r / rows).loss(r % rows, d);
    }
    return losses;
  }

  /** The weights rounded to nearest. */
  public static float[] nearest(RoundingProblem problem) {
    return QuantizedWeight.nearest(
            problem.weights(), problem.out(), problem.k(), problem.encoding())
        .dequantize();
  }
}
