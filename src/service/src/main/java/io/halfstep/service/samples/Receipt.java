package io.halfstep.service.samples;

/**
 * What became of samples that were offered and not refused.
 *
 * @param offered how many there were
 * @param taken how many are now on the disk, and will be learned from
 * @param duplicates how many of the others had been taken before
 */
public record Receipt(int offered, int taken, int duplicates) {}
