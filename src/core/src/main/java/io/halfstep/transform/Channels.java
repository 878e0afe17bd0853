package io.halfstep.transform;

import io.halfstep.graph.Layer;
import io.halfstep.tensor.RowPatches;

/** The parameters of a layer as they are equalized, by output and by input channel. */
final class Channels {
  private final Layer layer;
  private final double[] rows; // [out, K]
  private final double[] bias; // empty if there is none
  private final int positions; // of the kernel

  Channels(Layer layer) {
    this.layer = layer;
    this.rows = doubles(layer.layout().toRows(layer.weight().floats()));
    this.bias = layer.bias() == null ? new double[0] : doubles(layer.bias().floats());
    this.positions = positions(layer);
  }

  /** Returns the number of a layer's input channels. */
  static int inputs(Layer layer) {
    return layer.layout().k() / positions(layer) * layer.layout().groups();
  }

  /** Returns whether the channels are the last axis, as of a matrix product, or else axis 1. */
  static boolean areLast(Layer layer) {
    return layer.patches() instanceof RowPatches;
  }

  private static int positions(Layer layer) {
    int positions = 1;
    for (int axis = 2; !areLast(layer) && axis < layer.weight().rank(); axis++) {
      positions *= Math.toIntExact(layer.weight().dim(axis));
    }
    return positions;
  }

  /** Returns the weight in the order of its ONNX tensor. */
  float[] weight() {
    return layer.layout().fromRows(floats(rows));
  }

  float[] bias() {
    return floats(bias);
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /** Returns the greatest magnitude of each output channel's weights. */
  double[] greatestByOutput() {
    int k = layer.layout().k();
    double[] greatest = new double[layer.layout().out()];
    for (int i = 0; i < rows.length; i++) {
      greatest[i / k] = Math.max(greatest[i / k], Math.abs(rows[i]));
    }
    return greatest;
  }

  /** Returns the greatest magnitude of the weights that read each input channel. */
  double[] greatestByInput() {
    double[] greatest = new double[inputs(layer)];
    for (int i = 0; i < rows.length; i++) {
      int input = input(i);
      greatest[input] = Math.max(greatest[input], Math.abs(rows[i]));
    }
    return greatest;
  }

  /** Divides each output channel by a number. */
  void divideOutputs(double[] by) {
    int k = layer.layout().k();
    for (int i = 0; i < rows.length; i++) {
      rows[i] /= by[i / k];
    }
    for (int i = 0; i < bias.length; i++) {
      bias[i] /= by[i];
    }
  }

  /** Multiplies the weights that read each input channel by a number. */
  void multiplyInputs(double[] by) {
    for (int i = 0; i < rows.length; i++) {
      rows[i] *= by[input(i)];
    }
  }

  /** Subtracts a number from each output channel. */
  void lowerOutputs(double[] by) {
    for (int i = 0; i < bias.length; i++) {
      bias[i] -= by[i];
    }
  }

  /** Changes the bias as if a number were added to each input channel. */
  void raiseInputs(double[] by) {
    int k = layer.layout().k();
    for (int i = 0; i < rows.length; i++) {
      bias[i / k] += rows[i] * by[input(i)];
    }
  }

  /** Returns the input channel that a weight reads. */
  private int input(int index) {
    int k = layer.layout().k();
    int group = index / k / (layer.layout().out() / layer.layout().groups());
    return group * (k / positions) + index % k / positions;
  }
}
