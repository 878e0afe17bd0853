package io.halfstep.levels;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * K-means of vectors, each number of which has a weight of its own, as for product quantization
 * (Gong et al. 2014): it starts from k-means++ (D. Arthur, S. Vassilvitskii 2007), which draws a
 * new centre in proportion to the squared distance from those before, and goes on by Lloyd's
 * algorithm.
 */
final class VectorMeans {
  private static final int MAX_ITERATIONS = 25;

  private final double[][] vectors;
  private final double[][] weights;
  private final int dimension;
  private final double[][] centres;

  private VectorMeans(double[][] vectors, double[][] weights, int clusters) {
    this.vectors = vectors;
    this.weights = weights;
    dimension = vectors[0].length;
    centres = new double[clusters][dimension];
  }

  /**
   * Returns the centres.
   *
   * @param vectors {@code [n, dimension]}, at least one
   * @param weights of the squared errors, of the same shape; not negative
   */
  static double[][] centres(
      double[][] vectors, double[][] weights, int clusters, SplittableRandom random) {
    VectorMeans means = new VectorMeans(vectors, weights, clusters);
    means.spread(random);
    int[] nearest = means.nearest();
    for (int i = 0; i < MAX_ITERATIONS; i++) {
      means.move(nearest);
      int[] next = means.nearest();
      if (Arrays.equals(next, nearest)) {
        break;
      }
      nearest = next;
    }
    return means.centres;
  }

  private void spread(SplittableRandom random) {
    double[] distances = new double[vectors.length];
    Arrays.fill(distances, Double.POSITIVE_INFINITY);
    int drawn = random.nextInt(vectors.length);
    for (int c = 0; c < centres.length; c++) {
      centres[c] = vectors[drawn].clone();
      double sum = 0;
      for (int i = 0; i < vectors.length; i++) {
        distances[i] = Math.min(distances[i], distance(i, c));
        sum += distances[i];
      }
      double left = random.nextDouble() * sum;
      drawn = 0;
      while (drawn < vectors.length - 1 && left >= distances[drawn]) {
        left -= distances[drawn++];
      }
    }
  }

  private double distance(int vector, int centre) {
    double sum = 0;
    for (int j = 0; j < dimension; j++) {
      double d = vectors[vector][j] - centres[centre][j];
      sum += weights[vector][j] * d * d;
    }
    return sum;
  }

  private int[] nearest() {
    return IntStream.range(0, vectors.length).parallel().map(this::nearest).toArray();
  }

  private int nearest(int vector) {
    int best = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int c = 0; c < centres.length; c++) {
      double distance = distance(vector, c);
      if (distance < least) {
        least = distance;
        best = c;
      }
    }
    return best;
  }

  /** Moves each centre to the mean of its vectors; one that has none stays. */
  private void move(int[] nearest) {
    double[][] sums = new double[centres.length][dimension];
    double[][] totals = new double[centres.length][dimension];
    for (int i = 0; i < vectors.length; i++) {
      for (int j = 0; j < dimension; j++) {
        sums[nearest[i]][j] += weights[i][j] * vectors[i][j];
        totals[nearest[i]][j] += weights[i][j];
      }
    }
    for (int c = 0; c < centres.length; c++) {
      for (int j = 0; j < dimension; j++) {
        if (totals[c][j] > 0) {
          centres[c][j] = sums[c][j] / totals[c][j];
        }
      }
    }
  }
}
