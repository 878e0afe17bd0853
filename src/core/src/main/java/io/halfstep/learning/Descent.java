package io.halfstep.learning;

/**
 * How long and how fast a block learns.
 *
 * @param iterations how many batches it learns from
 * @param rate of the first batch, in proportion to the usual one
 * @param variants whether it learns from {@linkplain ImageVariants variants} of images, of which
 *     the teacher computes the outputs, instead of the samples themselves
 * @param drops whether random elements of the activations are not quantized meanwhile
 */
public record Descent(int iterations, double rate, boolean variants, boolean drops) {
  /** Returns the same at another rate. */
  Descent times(double factor) {
    return new Descent(iterations, rate * factor, variants, drops);
  }
}
