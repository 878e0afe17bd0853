package io.halfstep.zoo;

/**
 * What quantization made of a network. An SQNR is the output's, in ONNX Runtime with all its
 * optimizations, on samples that were not used for calibration; with several outputs, the lowest.
 *
 * @param layers how many layers are quantized
 * @param floatLayers how many stay in float
 * @param floatBytes the size of the float model
 * @param bytes the size of the quantized model
 * @param nearestDb the SQNR of rounding to nearest, in dB
 * @param db the SQNR of the default, in dB
 * @param agreementDb how closely ONNX Runtime agrees with the calibration's own results, in dB
 * @param seconds wall-clock seconds of the default's run
 */
public record ZooResult(
    int layers,
    int floatLayers,
    long floatBytes,
    long bytes,
    double nearestDb,
    double db,
    double agreementDb,
    double seconds) {}
