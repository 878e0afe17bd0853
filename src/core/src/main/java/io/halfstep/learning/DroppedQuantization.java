package io.halfstep.learning;

import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;

/**
 * Chooses at random, for each element of an activation with probability 1/2, whether the student
 * reads it quantized ([Q]): what is learned then fits a wider neighbourhood of the samples.
 */
final class DroppedQuantization {
  private final SortedMap<String, long[]> shapes;

  /**
   * @param shapes of a batch of each activation
   */
  DroppedQuantization(SortedMap<String, long[]> shapes) {
    this.shapes = shapes;
  }

  /** Returns what is read quantized, by input of {@link BlockModels#loss}. */
  Map<String, Tensor> draw(SplittableRandom random) {
    Map<String, Tensor> drawn = new HashMap<>();
    shapes.forEach(
        (tensor, shape) -> drawn.put(BlockModels.choiceOf(tensor), chosen(shape, random)));
    return drawn;
  }

  private static Tensor chosen(long[] shape, SplittableRandom random) {
    byte[] chosen = new byte[Tensor.elements(shape)];
    for (int from = 0; from < chosen.length; from += Long.SIZE) {
      long bits = random.nextLong();
      int count = Math.min(Long.SIZE, chosen.length - from);
      for (int i = 0; i < count; i++) {
        chosen[from + i] = (byte) (bits >>> i & 1);
      }
    }
    return Tensor.of(ElementType.BOOL, chosen, shape);
  }
}
