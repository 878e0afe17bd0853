package io.halfstep.calibration;

import io.halfstep.network.QuantizedNetwork;

/**
 * The result of a run.
 *
 * @param network the quantized network
 * @param spooledBytes the bytes of batches that were spooled to disk
 */
public record CalibrationResult(QuantizedNetwork network, long spooledBytes) {}
