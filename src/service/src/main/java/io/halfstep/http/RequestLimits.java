package io.halfstep.http;

/**
 * What a request may ask for.
 *
 * @param tensors the number of its inputs
 * @param elements the number of elements of one input
 * @param axes the number of axes of one input
 * @param depth how deep its JSON may be nested
 */
public record RequestLimits(int tensors, int elements, int axes, int depth) {
  /** 64 inputs of 2²⁸ elements with 16 axes, JSON nested 32 deep. */
  public static final RequestLimits DEFAULT = new RequestLimits(64, 1 << 28, 16, 32);
}
