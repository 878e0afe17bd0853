package io.halfstep.allocation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/** Those of many that no other beats in cost and error. */
final class ParetoFront {
  private ParetoFront() {}

  /** Returns them by rising cost and falling error; of equals, the first. */
  static <T> List<T> of(List<T> all, ToLongFunction<T> cost, ToDoubleFunction<T> error) {
    List<T> sorted = new ArrayList<>(all);
    sorted.sort(Comparator.comparingLong(cost).thenComparingDouble(error));
    List<T> front = new ArrayList<>();
    double least = Double.POSITIVE_INFINITY;
    for (T each : sorted) {
      if (error.applyAsDouble(each) < least) {
        least = error.applyAsDouble(each);
        front.add(each);
      }
    }
    return front;
  }
}
