package io.halfstep.rounding;

/**
 * Allows a solver to choose scales and zero points, within these bounds.
 *
 * @param least the smallest scale that each row may have
 */
public record ScaleBounds(float[] least) {}
