package io.halfstep.levels;

import java.util.Arrays;

/**
 * K-means of numbers (Deep Compression, Han et al. 2016), by dynamic programming, which finds the
 * optimum: clusters of sorted numbers are intervals, and the best last cluster of the first n
 * numbers never begins earlier for a greater n (X. Wu 1991, <em>Optimal quantization by matrix
 * searching</em>, J. Algorithms 12). More than {@value #MOST} numbers are first gathered in as many
 * equal bins, each of which stays together.
 */
final class KMeans {
  private static final int MOST = 4096;

  private final double[] weight;
  private final double[] sum;
  private final double[] square;
  private double[] costs;
  private double[] nextCosts;

  private KMeans(WeightedValues sorted) {
    int n = sorted.size();
    weight = new double[n + 1];
    sum = new double[n + 1];
    square = new double[n + 1];
    for (int i = 0; i < n; i++) {
      double w = sorted.weights()[i];
      double x = sorted.values()[i];
      weight[i + 1] = weight[i] + w;
      sum[i + 1] = sum[i] + w * x;
      square[i + 1] = square[i] + w * x * x;
    }
    costs = new double[n + 1];
    nextCosts = new double[n + 1];
  }

  /**
   * Returns the means of the clusters, ascending; the greatest several times if there are fewer
   * numbers than clusters.
   */
  static double[] means(WeightedValues values, int clusters) {
    WeightedValues points = (values.size() > MOST ? gathered(values) : values).sorted(x -> x);
    int distinct = Math.min(clusters, points.size());
    double[] means = new double[clusters];
    if (distinct > 0) {
      double[] found = new KMeans(points).means(distinct);
      Arrays.fill(means, found[distinct - 1]);
      System.arraycopy(found, 0, means, 0, distinct);
    }
    return means;
  }

  private static WeightedValues gathered(WeightedValues values) {
    double least = Arrays.stream(values.values()).min().orElseThrow();
    double greatest = Arrays.stream(values.values()).max().orElseThrow();
    double[] weight = new double[MOST];
    double[] sum = new double[MOST];
    for (int i = 0; i < values.size(); i++) {
      double place = (values.values()[i] - least) / (greatest - least) * MOST;
      int bin = (int) Math.min(MOST - 1, place);
      weight[bin] += values.weights()[i];
      sum[bin] += values.weights()[i] * values.values()[i];
    }
    int n = 0;
    for (int bin = 0; bin < MOST; bin++) {
      if (weight[bin] > 0) {
        weight[n] = weight[bin];
        sum[n] = sum[bin] / weight[bin];
        n++;
      }
    }
    return new WeightedValues(Arrays.copyOf(sum, n), Arrays.copyOf(weight, n));
  }

  private double[] means(int clusters) {
    int n = costs.length - 1;
    int[][] begins = new int[clusters][n + 1];
    for (int i = 1; i <= n; i++) {
      costs[i] = cost(0, i);
    }
    for (int c = 1; c < clusters; c++) {
      extend(begins[c], c + 1, n, c, n - 1);
      double[] t = costs;
      costs = nextCosts;
      nextCosts = t;
    }
    double[] means = new double[clusters];
    int end = n;
    for (int c = clusters - 1; c >= 0; c--) {
      int begin = begins[c][end];
      means[c] = (sum[end] - sum[begin]) / (weight[end] - weight[begin]);
      end = begin;
    }
    return means;
  }

  /**
   * Finds where the last cluster of the first {@code [from, to]} numbers begins, in [low, high].
   */
  private void extend(int[] begins, int from, int to, int low, int high) {
    if (from > to) {
      return;
    }
    int middle = (from + to) / 2;
    double least = Double.POSITIVE_INFINITY;
    for (int begin = low; begin <= Math.min(high, middle - 1); begin++) {
      double cost = costs[begin] + cost(begin, middle);
      if (cost < least) {
        least = cost;
        begins[middle] = begin;
      }
    }
    nextCosts[middle] = least;
    extend(begins, from, middle - 1, low, begins[middle]);
    extend(begins, middle + 1, to, begins[middle], high);
  }

  /** The weighted squared error of numbers {@code [from, to)} around their mean. */
  private double cost(int from, int to) {
    double s = sum[to] - sum[from];
    return Math.max(0, square[to] - square[from] - s * s / (weight[to] - weight[from]));
  }
}
