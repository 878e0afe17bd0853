package io.halfstep.http;

/**
 * Limits of a request.
 *
 * @param tensors inputs
 * @param elements elements of one input
 * @param axes axes of one input
 * @param depth nesting depth of its JSON
 */
public record RequestLimits(int tensors, int elements, int axes, int depth) {
  /** 64 inputs of 2²⁸ elements with 16 axes, JSON nested 32 deep. */
  public static final RequestLimits DEFAULT = new RequestLimits(64, 1 << 28, 16, 32);
}
