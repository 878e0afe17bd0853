package io.halfstep.model;

import io.halfstep.tensor.Tensor;
import java.util.stream.IntStream;

/**
 * The mapping of a layer's weight, in the order of its ONNX tensor, to the matrix {@code [out, K]}
 * of [A] §3: row {@code r} produces output channel {@code r} and belongs to group {@code r /
 * (out/groups)}.
 */
public final class WeightLayout {
  private final int out;
  private final int k;
  private final int groups;
  private final int channelAxis;
  private final int inputAxis;
  private final int[] permutation;

  /**
   * @param out the number of rows (output channels)
   * @param k the length of a row: {@code in/groups · kH · kW} for a convolution
   * @param groups the number of groups
   * @param channelAxis the axis of the ONNX tensor that counts the output channels, as
   *     QuantizeLinear's {@code axis}
   * @param inputAxis the axis that counts the inputs of a row in their order; -1 if no single axis
   *     does
   * @param permutation element {@code i} of the matrix is element {@code permutation[i]} of the
   *     ONNX tensor
   */
  WeightLayout(int out, int k, int groups, int channelAxis, int inputAxis, int[] permutation) {
    this.out = out;
    this.k = k;
    this.groups = groups;
    this.channelAxis = channelAxis;
    this.inputAxis = inputAxis;
    this.permutation = permutation;
  }

  /**
   * Returns the layout of a weight whose first axis counts the output channels: Conv, Gemm with
   * {@code transB}.
   */
  static WeightLayout rows(Tensor weight, int groups) {
    int out = Math.toIntExact(weight.dim(0));
    int k = weight.size() / out;
    int inputAxis = weight.dim(1) == k ? 1 : -1;
    return new WeightLayout(out, k, groups, 0, inputAxis, identity(weight.size()));
  }

  /** Returns the layout of a weight {@code [..., K, out]} with leading ones: MatMul, Gemm. */
  static WeightLayout columns(Tensor weight) {
    int out = Math.toIntExact(weight.dim(-1));
    int k = weight.size() / out;
    int[] permutation = new int[weight.size()];
    for (int i = 0; i < permutation.length; i++) {
      permutation[i] = i % k * out + i / k;
    }
    return new WeightLayout(out, k, 1, weight.rank() - 1, weight.rank() - 2, permutation);
  }

  /**
   * Returns the layout of ConvTranspose's weight {@code [in, out/groups, kernel...]}; rows run over
   * (in/groups, kernel).
   */
  static WeightLayout transposed(Tensor weight, int groups) {
    int in = Math.toIntExact(weight.dim(0)) / groups;
    int outOfGroup = Math.toIntExact(weight.dim(1));
    int out = outOfGroup * groups;
    int k = weight.size() / out;
    int kernel = k / in;
    int[] permutation = new int[weight.size()];
    for (int i = 0; i < permutation.length; i++) {
      int row = i / k;
      int channel = row / outOfGroup * in + i % k / kernel;
      permutation[i] = (channel * outOfGroup + row % outOfGroup) * kernel + i % kernel;
    }
    // in several groups, an input's scale depends on the group as well
    int inputAxis = kernel == 1 && groups == 1 ? 0 : -1;
    return new WeightLayout(out, k, groups, 1, inputAxis, permutation);
  }

  private static int[] identity(int n) {
    return IntStream.range(0, n).toArray();
  }

  /** Returns the number of rows. */
  public int out() {
    return out;
  }

  /** Returns the length of a row. */
  public int k() {
    return k;
  }

  /** Returns the number of groups. */
  public int groups() {
    return groups;
  }

  /** Returns the axis of the ONNX tensor that counts the output channels. */
  public int channelAxis() {
    return channelAxis;
  }

  /**
   * Returns the axis of the ONNX tensor that counts the inputs of a row in their order; -1 if no
   * single axis does, as for a kernel with several positions.
   */
  public int inputAxis() {
    return inputAxis;
  }

  /** Returns the matrix {@code [out, K]} of an ONNX weight. */
  public float[] toRows(float[] onnx) {
    float[] rows = new float[onnx.length];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = onnx[permutation[i]];
    }
    return rows;
  }

  /** Returns the ONNX weight of a matrix {@code [out, K]}. */
  public float[] fromRows(float[] rows) {
    float[] onnx = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      onnx[permutation[i]] = rows[i];
    }
    return onnx;
  }

  /** Returns the ONNX order of integers {@code [out, K]}. */
  public int[] fromRows(int[] rows) {
    int[] onnx = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      onnx[permutation[i]] = rows[i];
    }
    return onnx;
  }
}
