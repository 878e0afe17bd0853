package io.halfstep.service.version;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.file.AtomicFile;
import io.halfstep.graph.StageGraph;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.statistics.Histogram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The distributions of the values of a network's quantized inputs over the samples of one version,
 * for comparison with the next version's.
 *
 * @param inputs by the input's name
 */
public record InputHistograms(Map<String, Histogram> inputs) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** A histogram in JSON; see {@link Histogram#of}. */
  private record Stored(float min, float max, long zeros, long[] counts) {}

  public static InputHistograms of(QuantizedNetwork network) {
    return of(network.graph(), network.statistics());
  }

  /** Selects the graph's inputs from the statistics of tensors. */
  public static InputHistograms of(StageGraph graph, Map<String, ActivationStatistics> statistics) {
    Map<String, Histogram> inputs = new HashMap<>();
    graph
        .model()
        .inputs()
        .forEach(
            port -> {
              ActivationStatistics seen = statistics.get(port.name());
              if (seen != null && seen.count() > 0) {
                inputs.put(port.name(), seen.histogram());
              }
            });
    return new InputHistograms(inputs);
  }

  /**
   * Returns the greatest distance between an input's two distributions (see {@link
   * Distributions#distance}), 0 to 1; NaN if they have no input in common.
   */
  public double distance(InputHistograms other) {
    double greatest = Double.NaN;
    for (Map.Entry<String, Histogram> input : inputs.entrySet()) {
      Histogram others = other.inputs.get(input.getKey());
      if (others != null) {
        double distance = Distributions.distance(input.getValue(), others);
        greatest = Double.isNaN(greatest) ? distance : Math.max(greatest, distance);
      }
    }
    return greatest;
  }

  void write(Path file) throws IOException {
    Map<String, Stored> stored = new HashMap<>();
    inputs.forEach(
        (name, h) -> stored.put(name, new Stored(h.min(), h.max(), h.zeros(), h.counts())));
    AtomicFile.write(file, MAPPER.writeValueAsBytes(stored));
  }

  /** Reads a file; empty if it does not exist. */
  public static InputHistograms read(Path file) throws IOException {
    Map<String, Histogram> inputs = new HashMap<>();
    if (Files.exists(file)) {
      var type =
          MAPPER.getTypeFactory().constructMapType(HashMap.class, String.class, Stored.class);
      Map<String, Stored> stored = MAPPER.readValue(file.toFile(), type);
      stored.forEach(
          (name, s) -> inputs.put(name, Histogram.of(s.min(), s.max(), s.zeros(), s.counts())));
    }
    return new InputHistograms(inputs);
  }
}
