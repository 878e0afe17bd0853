package io.halfstep.calibration;

/**
 * The progress of a run at one moment.
 *
 * @param pass {@code synthesize} while samples are made, {@code measure} while the bits of layers
 *     are chosen, {@code differentiate} before blocks learn, {@code observe}, {@code round}, {@code
 *     learn}, {@code reconstruct}, {@code finetune} or, of all comparisons, {@code finish}
 * @param layer a layer; empty for the pass as a whole
 * @param samples how many samples the layer has processed in this pass; for the pass as a whole,
 *     how many have entered the graph
 * @param totalSamples how many there will be; 0 if unknown
 * @param queuedBytes bytes of batches between the stages, in memory and spooled
 * @param loss {@code L / L(nearest)} of the layer's solution; NaN until the layer is rounded
 * @param share the share of the whole run's work that is done, 0 to 1, for estimating the time left
 */
public record Progress(
    String pass,
    String layer,
    long samples,
    long totalSamples,
    long queuedBytes,
    double loss,
    double share) {}
