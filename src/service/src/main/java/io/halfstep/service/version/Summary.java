package io.halfstep.service.version;

import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import java.util.List;
import java.util.Map;

/**
 * The figures of a published version, in its {@code summary.json}.
 *
 * @param bytes the size of the model
 * @param meanRatio the mean over the layers of {@code L / L(nearest)}
 * @param outputs signal to quantization noise of each output, in dB
 * @param notes about the samples, one line each
 * @param provenance what it was made from
 */
public record Summary(
    long bytes,
    long samples,
    double meanRatio,
    Map<String, Double> outputs,
    List<Layer> layers,
    List<String> notes,
    Provenance provenance) {

  /** A layer's figures; see {@link QuantizedLayer}. */
  public record Layer(
      String name,
      int bits,
      String rounding,
      double ratio,
      int flips,
      double sqnrDb,
      double seconds,
      String note) {}

  static Summary of(
      QuantizedNetwork network, long bytes, List<String> notes, Provenance provenance) {
    List<Layer> layers =
        network.layers().stream()
            .map(
                layer ->
                    new Layer(
                        layer.name(),
                        layer.weight().encoding().grid().bits(),
                        layer.rounding(),
                        layer.ratio(),
                        layer.flips(),
                        layer.sqnrDb(),
                        layer.seconds(),
                        layer.note()))
            .toList();
    return new Summary(
        bytes,
        network.samples(),
        layers.stream().mapToDouble(Layer::ratio).average().orElse(1),
        network.outputSqnrDb(),
        layers,
        notes,
        provenance);
  }
}
