package io.halfstep.service.logging;

/**
 * A line of a job's log.
 *
 * @param number of the job's lines since the service started, from 1
 * @param time in ISO 8601, UTC
 * @param layer the layer that it is about; empty if none
 * @param logger the simple name of the class that logs it
 */
public record LogLine(
    long number, String time, String level, String layer, String logger, String message) {}
