package io.halfstep.statistics;

import io.halfstep.tensor.ConvolutionGeometry;
import io.halfstep.tensor.ConvolutionPatches;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Padding;
import io.halfstep.tensor.Tensor;
import java.util.Random;
import org.bytedeco.openblas.global.openblas;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * How fast a layer's moments are summed, patch extraction included, beside ND4J's own matrix
 * product on as many threads. Prints a line of JSON for each K: positions a second, the rate in
 * GFLOP/s counting the symmetric product's lower triangle alone (K (K + 1) operations a position),
 * ND4J's rate for the product of the same size, and their ratio.
 */
final class MomentsBench {
  private static final int OUT = 64;
  private static final int SIDE = 14;
  private static final int BATCH = 32;
  private static final double SECONDS = 3;

  private MomentsBench() {}

  public static void main(String[] args) {
    for (int k : new int[] {288, 576, 1152, 2304, 4608}) {
      double product = product(k);
      measure(k, product);
    }
  }

  private static double product(int k) {
    int columns = 4096;
    int threads = Runtime.getRuntime().availableProcessors();
    openblas.blas_set_num_threads(threads);
    INDArray a = Nd4j.rand(DataType.FLOAT, k, columns);
    INDArray b = Nd4j.rand(DataType.FLOAT, columns, k);
    INDArray c = Nd4j.createUninitialized(DataType.FLOAT, new long[] {k, k}, 'f');
    a.mmuli(b, c);
    int runs = 0;
    long start = System.nanoTime();
    do {
      a.mmuli(b, c);
      runs++;
    } while (System.nanoTime() - start < SECONDS * 1e9);
    double seconds = (System.nanoTime() - start) / 1e9;
    openblas.blas_set_num_threads(1); // as the pipeline has it: parallelism is its own
    return 2.0 * k * k * columns * runs / seconds / 1e9;
  }

  private static void measure(int k, double product) {
    int channels = k / 9;
    ConvolutionPatches patches =
        ConvolutionPatches.of(
            ConvolutionGeometry.convolution(
                new int[] {3, 3},
                new int[] {1, 1},
                new int[] {1, 1},
                new Padding(Padding.Mode.EXPLICIT, new int[] {1, 1}, new int[] {1, 1})),
            channels,
            1);
    Random random = new Random(0);
    float[] values = new float[BATCH * channels * SIDE * SIDE];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Tensor input = Tensor.of(ElementType.FLOAT, values, BATCH, channels, SIDE, SIDE);
    float[] weights = new float[OUT * k];
    try (MomentsAccumulator moments = new MomentsAccumulator(patches, weights, OUT, false)) {
      moments.add(input, input);
      moments.add(input, input);
      int runs = 0;
      long start = System.nanoTime();
      do {
        moments.add(input, input);
        runs++;
      } while (System.nanoTime() - start < SECONDS * 1e9);
      double seconds = (System.nanoTime() - start) / 1e9;
      double positions = (double) runs * BATCH * SIDE * SIDE / seconds;
      double rate = positions * k * (k + 1) / 1e9;
      System.out.printf(
          "{\"k\":%d,\"positions_per_second\":%.0f,\"gflops\":%.1f,\"nd4j_gflops\":%.1f,\"share\":%.2f}%n",
          k, positions, rate, product, rate / product);
    }
  }
}
