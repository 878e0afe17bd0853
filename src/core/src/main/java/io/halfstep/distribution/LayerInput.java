package io.halfstep.distribution;

import io.halfstep.graph.Layer;
import io.halfstep.statistics.Moments;
import java.util.ArrayList;
import java.util.List;

/**
 * What is known of a layer's input without samples: the mean and variance of each element of a
 * column {@link io.halfstep.tensor.Patches}. Elements are taken as independent, and those of one
 * channel as equally distributed; zeros in the padding are left out.
 *
 * @param mean {@code [groups, K]}
 * @param variance {@code [groups, K]}
 * @param least the least value that is expected
 * @param greatest the greatest value that is expected
 */
public record LayerInput(double[] mean, double[] variance, double least, double greatest) {
  /**
   * Returns what a layer reads of a tensor.
   *
   * @param tensor with a channel for each of {@link Layer#inputChannels}
   */
  static LayerInput of(Layer layer, ClippedNormal tensor) {
    int k = layer.layout().k();
    double[] mean = new double[layer.layout().groups() * k];
    double[] variance = new double[mean.length];
    for (int i = 0; i < mean.length; i++) {
      int channel = layer.inputChannel(i / k, i % k);
      mean[i] = tensor.expected(channel);
      variance[i] = tensor.variance(channel);
    }
    return new LayerInput(mean, variance, tensor.least(), tensor.greatest());
  }

  /**
   * Returns the moments: {@code E[x xᵀ]} is {@code mean·meanᵀ} and, on the diagonal, the variance.
   *
   * @param empty moments of the same sizes, one per group, or one per group and piece
   */
  public List<Moments> moments(List<Moments> empty) {
    List<Moments> all = new ArrayList<>();
    int from = 0;
    for (Moments part : empty) {
      all.add(moments(from, part.k()));
      from += part.k();
    }
    return all;
  }

  private Moments moments(int from, int k) {
    double[] means = new double[k];
    System.arraycopy(mean, from, means, 0, k);
    double[] gram = new double[k * k];
    for (int i = 0; i < k; i++) {
      for (int j = 0; j < k; j++) {
        gram[i * k + j] = means[i] * means[j];
      }
      gram[i * k + i] += variance[from + i];
    }
    double[] none = new double[0];
    return new Moments(k, 1, gram, none, none, means, none);
  }
}
