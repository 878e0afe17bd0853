package io.halfstep.reconstruction;

import io.halfstep.tensor.Tensor;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** How important the elements of a block's outputs are to the network's outputs ([B] eq. 10). */
final class Importance {
  private Importance() {}

  /**
   * Returns the roots of the curvature along the elements of a sample, scaled so that their mean
   * square is 1.
   *
   * @param curvature by tensor; its first axis is that of samples
   * @param outputs of the block; those of which no curvature is known have none
   */
  static Map<String, Tensor> of(Map<String, Tensor> curvature, Collection<String> outputs) {
    Map<String, Tensor> importance = new HashMap<>();
    for (String output : outputs) {
      Tensor of = curvature.get(output);
      if (of != null && of.rank() > 1) {
        double[] sums = sums(of);
        double total = 0;
        for (double sum : sums) {
          total += sum;
        }
        if (total > 0) {
          importance.put(output, roots(sums, sums.length / total, of.shape()));
        }
      }
    }
    return importance;
  }

  private static double[] sums(Tensor curvature) {
    float[] values = curvature.floats();
    double[] sums = new double[values.length / (int) curvature.dim(0)];
    for (int i = 0; i < values.length; i++) {
      sums[i % sums.length] += values[i];
    }
    return sums;
  }

  private static Tensor roots(double[] values, double scale, long[] shape) {
    float[] roots = new float[values.length];
    for (int i = 0; i < roots.length; i++) {
      roots[i] = (float) Math.sqrt(values[i] * scale);
    }
    shape[0] = 1;
    return Tensor.of(roots, shape);
  }
}
