package io.halfstep.service.samples;

/**
 * The result of an accepted offer of samples.
 *
 * @param offered the number offered
 * @param taken the number written to disk, to learn from
 * @param duplicates the number that had been taken before
 */
public record Receipt(int offered, int taken, int duplicates) {}
