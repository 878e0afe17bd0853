package io.halfstep.rounding;

/**
 * That a solver may choose other scales and zero points, and within what.
 *
 * @param least of each row, the least that its scale may be
 */
public record ScaleBounds(float[] least) {}
