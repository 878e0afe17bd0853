package io.halfstep.levels;

import java.util.Arrays;
import java.util.Comparator;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/**
 * Numbers, each with the weight of its squared error.
 *
 * @param values any
 * @param weights positive, as many
 */
record WeightedValues(double[] values, double[] weights) {
  int size() {
    return values.length;
  }

  /** Returns the weighted mean of a function of the values. */
  double mean(DoubleUnaryOperator function) {
    double sum = 0;
    double total = 0;
    for (int i = 0; i < values.length; i++) {
      sum += weights[i] * function.applyAsDouble(values[i]);
      total += weights[i];
    }
    return sum / total;
  }

  /** Returns the values that are not 0. */
  WeightedValues withoutZeros() {
    int[] kept = IntStream.range(0, size()).filter(i -> values[i] != 0).toArray();
    return at(kept);
  }

  /** Returns them in ascending order of a key of the value. */
  WeightedValues sorted(DoubleUnaryOperator key) {
    return at(
        IntStream.range(0, size())
            .boxed()
            .sorted(Comparator.comparingDouble(i -> key.applyAsDouble(values[i])))
            .mapToInt(i -> i)
            .toArray());
  }

  private WeightedValues at(int[] places) {
    return new WeightedValues(
        Arrays.stream(places).mapToDouble(i -> values[i]).toArray(),
        Arrays.stream(places).mapToDouble(i -> weights[i]).toArray());
  }
}
