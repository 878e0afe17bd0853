package io.halfstep.intake;

/**
 * What has become of appended samples, all of them acknowledged: those that were neither taken nor
 * known already lie beyond the log's limit.
 *
 * @param first the number in the log of the first one taken
 * @param taken how many were stored
 * @param duplicates how many had been stored before
 */
public record Appended(long first, int taken, int duplicates) {}
