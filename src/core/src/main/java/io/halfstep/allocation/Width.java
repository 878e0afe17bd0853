package io.halfstep.allocation;

/**
 * A width that a layer may take.
 *
 * @param bits per weight
 * @param cost in units of the budget
 * @param error what it adds to the error of the network; errors of layers add up
 */
public record Width(int bits, long cost, double error) {}
