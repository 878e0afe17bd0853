package io.halfstep.service.version;

import org.jspecify.annotations.Nullable;

/**
 * What a version was made from, in its {@code summary.json}.
 *
 * @param software the version of Halfstep
 * @param modelSha256 of the float model's file
 * @param plan how it was quantized, as in {@code plan.conf}
 * @param seed of all random choices
 * @param firstSample the number of the first sample that it has learned from, in the job's stream
 * @param endSample the number after the last one
 * @param samplesSha256 of these samples, as they are stored
 * @param begun when they began to be taken, ISO 8601
 * @param ended when the version was finished
 * @param halfLife how many samples later earlier ones count half; 0: they don't count
 * @param statisticsOf the version whose samples count as well; null if there is none
 */
public record Provenance(
    String software,
    String modelSha256,
    String plan,
    long seed,
    long firstSample,
    long endSample,
    String samplesSha256,
    String begun,
    String ended,
    long halfLife,
    @Nullable Integer statisticsOf) {}
