package io.halfstep.calibration;

/**
 * How far a run is, at one moment.
 *
 * @param pass {@code observe}, {@code round} or {@code finish}
 * @param layer the layer that this is about; empty: the pass as a whole
 * @param samples how many samples the layer has taken in during this pass; of the pass as a whole:
 *     how many have entered the graph
 * @param totalSamples how many there will be; 0 where that is not known
 * @param queuedBytes what is held between the stages, in memory and spooled
 * @param loss {@code L / L(nearest)} of the layer's solution; NaN until the layer is rounded, so
 *     that the first other value marks the layer as done
 * @param share the share of the whole run's work that is done, 0 to 1, for an estimate of the time
 *     left
 */
public record Progress(
    String pass,
    String layer,
    long samples,
    long totalSamples,
    long queuedBytes,
    double loss,
    double share) {}
