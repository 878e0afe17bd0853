package io.halfstep.calibration;

import io.halfstep.network.QuantizedNetwork;

/**
 * What a run found, and what it took.
 *
 * @param network the quantized network
 * @param spooledBytes how many bytes of batches went to disk
 */
public record CalibrationResult(QuantizedNetwork network, long spooledBytes) {}
