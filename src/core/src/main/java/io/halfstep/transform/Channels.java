package io.halfstep.transform;

import io.halfstep.graph.Layer;

/** The parameters of a layer as they are equalized, by output and by input channel. */
final class Channels {
  private final Layer layer;
  private final double[] rows; // [out, K]
  private final double[] bias; // empty if there is none

  Channels(Layer layer) {
    this.layer = layer;
    this.rows = doubles(layer.layout().toRows(layer.weight().floats()));
    this.bias = layer.bias() == null ? new double[0] : doubles(layer.bias().floats());
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
    double[] greatest = new double[layer.inputChannels()];
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
    return layer.inputChannel(
        index / k / (layer.layout().out() / layer.layout().groups()), index % k);
  }
}
