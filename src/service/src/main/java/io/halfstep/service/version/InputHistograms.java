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
 * How the values of a network's quantized inputs were distributed over the samples of one version:
 * what the next version's are compared with.
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

  /** Of the statistics of some tensors those of the graph's inputs. */
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
   * The greatest distance of an input's two distributions (see {@link Distributions#distance}), 0
   * to 1; NaN if they have none in common.
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

  /** What was written; nothing where there is no such file. */
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
