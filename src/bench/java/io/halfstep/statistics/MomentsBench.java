package io.halfstep.statistics;

import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.ThreeByThree;
import java.util.Random;
import org.bytedeco.openblas.global.openblas;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The speed of summing a layer's moments, including patch extraction, compared with ND4J's matrix
 * product with the same number of threads. Prints a line of JSON for each K and kind of stream:
 * positions per second, the rate in GFLOP/s, ND4J's rate for a product of the same size, and their
 * ratio. Only necessary operations are counted: K (K + 1) per position for the symmetric product's
 * lower triangle and, if the student differs, 4 out K for W δ and its product with x̂.
 */
final class MomentsBench {
  private static final int SIDE = 14;
  private static final int BATCH = 32;
  private static final int COLUMNS = 4096;

  /** Both are measured alternately, and the best turn counts, which excludes other load. */
  private static final int TURNS = 10;

  private static final double SECONDS = 0.2;

  private MomentsBench() {}

  public static void main(String[] args) {
    for (int k : new int[] {288, 576, 1152, 2304, 4608}) {
      measure(k, "teacher", false, SIDE * SIDE);
      measure(k, "student", true, SIDE * SIDE);
      measure(k, "thinned", true, SIDE * SIDE / 2);
    }
  }

  private static void measure(int k, String stream, boolean differs, int perSample) {
    int channels = k / 9;
    Patches patches = ThreeByThree.patches(channels, 1).thinned(perSample);
    Tensor teacher = gaussian(channels);
    Tensor student = differs ? gaussian(channels) : teacher;
    INDArray a = Nd4j.rand(DataType.FLOAT, k, COLUMNS);
    INDArray b = Nd4j.rand(DataType.FLOAT, COLUMNS, k);
    INDArray c = Nd4j.createUninitialized(DataType.FLOAT, new long[] {k, k}, 'f');
    double product = 0;
    double best = 0;
    try (MomentsAccumulator moments =
        new MomentsAccumulator(patches, new float[channels * k], channels, differs)) {
      for (int turn = 0; turn < TURNS; turn++) {
        openblas.blas_set_num_threads(Runtime.getRuntime().availableProcessors());
        product = Math.max(product, perSecond(() -> a.mmuli(b, c)) * 2.0 * k * k * COLUMNS / 1e9);
        openblas.blas_set_num_threads(1); // as in the pipeline, which parallelizes by itself
        best = Math.max(best, perSecond(() -> moments.add(teacher, student)));
      }
    }
    double positions = best * patches.columns(teacher.shape()).positions();
    double rate = positions * (k * (k + 1.0) + (differs ? 4.0 * channels * k : 0)) / 1e9;
    System.out.printf(
        "{\"k\":%d,\"stream\":\"%s\",\"positions_per_second\":%.0f,\"gflops\":%.1f,\"nd4j_gflops\":%.1f,\"share\":%.2f}%n",
        k, stream, positions, rate, product, rate / product);
  }

  private static Tensor gaussian(int channels) {
    Random random = new Random(channels);
    float[] values = new float[BATCH * channels * SIDE * SIDE];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(ElementType.FLOAT, values, BATCH, channels, SIDE, SIDE);
  }

  private static double perSecond(Runnable work) {
    work.run();
    int runs = 0;
    long start = System.nanoTime();
    do {
      work.run();
      runs++;
    } while (System.nanoTime() - start < SECONDS * 1e9);
    return runs / ((System.nanoTime() - start) / 1e9);
  }
}
