package io.halfstep.quantizer;

import io.halfstep.tensor.Tensor;

/**
 * The means from which a layer's bias is corrected ([W] §3.3, [D] §4.2): with {@code E[Wx]} of the
 * float network and {@code E[x̂]} of the quantized one, {@code b ← b − (E[Ŵx̂] − E[Wx])} for each
 * output channel, whatever {@code Ŵ} is.
 *
 * @param inputs E[x̂], {@code [groups, K]}
 * @param outputs E[Wx], {@code [out]}
 */
public record OutputMeans(float[] inputs, float[] outputs) {
  /**
   * Returns the means for inputs that are the same in both networks: the analytic correction,
   * {@code b ← b − (Ŵ − W) E[x]} ([D] eq. 16–17).
   *
   * @param inputs E[x], {@code [groups, K]}
   * @param weight {@code [out, K]}
   */
  public static OutputMeans of(double[] inputs, float[] weight, int out) {
    int k = weight.length / out;
    int rowsOfGroup = out / (inputs.length / k);
    float[] outputs = new float[out];
    for (int row = 0; row < out; row++) {
      double mean = 0;
      for (int j = 0; j < k; j++) {
        mean += weight[row * k + j] * inputs[row / rowsOfGroup * k + j];
      }
      outputs[row] = (float) mean;
    }
    float[] of = new float[inputs.length];
    for (int i = 0; i < of.length; i++) {
      of[i] = (float) inputs[i];
    }
    return new OutputMeans(of, outputs);
  }

  /**
   * Returns the means that add numbers to the bias.
   *
   * @param shift {@code [out]}
   * @param k the length of a row of the weight
   */
  public static OutputMeans shifting(float[] shift, int k) {
    return new OutputMeans(new float[k], shift);
  }

  /** Returns the bias with which the quantized outputs have the mean of the float ones. */
  public Tensor correct(Tensor bias, QuantizedWeight weight) {
    float[] corrected = bias.floats().clone();
    float[] rounded = weight.dequantize();
    int k = weight.k();
    int rowsOfGroup = weight.out() / (inputs.length / k);
    for (int row = 0; row < corrected.length; row++) {
      int from = row / rowsOfGroup * k;
      double mean = 0;
      for (int j = 0; j < k; j++) {
        mean += (double) rounded[row * k + j] * inputs[from + j];
      }
      corrected[row] -= (float) (mean - outputs[row]);
    }
    return Tensor.of(corrected, bias.shape());
  }
}
