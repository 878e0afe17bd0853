package io.halfstep.allocation;

/**
 * An assignment that was tried.
 *
 * @param sqnrDb the measured SQNR of all outputs, in dB
 * @param changed the share of predictions that differ from the float network's; NaN if the outputs
 *     hold no class scores
 */
public record Measured(Assignment assignment, double sqnrDb, double changed) {}
