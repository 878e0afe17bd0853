package io.halfstep.intake;

/**
 * The result of an append. All its samples are acknowledged; those that were neither taken nor
 * duplicates exceed the log's limit.
 *
 * @param first the number in the log of the first one taken
 * @param taken how many were stored
 * @param duplicates how many had been stored before
 */
public record Appended(long first, int taken, int duplicates) {}
