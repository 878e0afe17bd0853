package io.halfstep.analysis;

import io.halfstep.QuantizedModel;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.plan.Plan;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a run with a plan gave.
 *
 * @param plan of the run; a budget is replaced by the bits of each layer
 * @param sqnrDb the SQNR of the output on the samples held back, in dB, of several outputs the
 *     lowest; infinite where nothing was lost
 * @param layerSqnrDb the SQNR of each quantized layer's output, in dB, by the layer's name
 * @param bytes the size of the model's file
 * @param samples the number of samples used
 * @param heldBack the number of them that were held back from learning; 0 if there were too few,
 *     and all were used for both
 */
public record Measurement(
    Plan plan,
    double sqnrDb,
    Map<String, Double> layerSqnrDb,
    long bytes,
    long samples,
    long heldBack) {
  /** Copies the map, in its order. */
  public Measurement {
    layerSqnrDb = Collections.unmodifiableMap(new LinkedHashMap<>(layerSqnrDb));
  }

  /** Returns the figures of a quantized model. */
  public static Measurement of(QuantizedModel quantized) {
    QuantizedNetwork network = quantized.network();
    Map<String, Double> layers = new LinkedHashMap<>();
    for (QuantizedLayer layer : network.layers()) {
      layers.put(layer.name(), layer.sqnrDb());
    }
    return new Measurement(
        quantized.plan(),
        network.outputSqnrDb().values().stream()
            .mapToDouble(Double::doubleValue)
            .min()
            .orElse(Double.NaN),
        layers,
        quantized.bytes(),
        network.samples(),
        network.heldBack());
  }
}
