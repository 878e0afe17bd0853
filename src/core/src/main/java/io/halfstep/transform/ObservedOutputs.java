package io.halfstep.transform;

import static java.util.Objects.requireNonNull;

import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.statistics.BatchNormStatistics;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The mean and the standard deviation of each channel of some layers' outputs on samples, in the
 * place of what a batch norm would tell. They do not depend on how the samples were cut into
 * batches. Values that are not finite are left out. Not thread-safe.
 */
public final class ObservedOutputs implements AutoCloseable {
  private final List<Layer> layers;
  private final OnnxProgram program;
  private final Map<String, Sums> sums = new HashMap<>();

  /** The sums of each channel. */
  private static final class Sums {
    private final long[] counts;
    private final double[] values;
    private final double[] squares;

    Sums(int channels) {
      counts = new long[channels];
      values = new double[channels];
      squares = new double[channels];
    }

    /**
     * Adds a tensor {@code [outer, channels, inner]}.
     *
     * @param inner how many values in a row belong to a channel
     */
    void add(float[] tensor, int inner) {
      for (int from = 0, c = 0; from < tensor.length; from += inner, c = (c + 1) % counts.length) {
        for (int i = from; i < from + inner; i++) {
          if (Math.abs(tensor[i]) <= Float.MAX_VALUE) {
            counts[c]++;
            values[c] += tensor[i];
            squares[c] += (double) tensor[i] * tensor[i];
          }
        }
      }
    }

    BatchNormStatistics statistics() {
      double[] mean = new double[counts.length];
      double[] std = new double[counts.length];
      for (int c = 0; c < mean.length; c++) {
        mean[c] = counts[c] == 0 ? 0 : values[c] / counts[c];
        double variance = counts[c] == 0 ? 0 : squares[c] / counts[c] - mean[c] * mean[c];
        std[c] = Math.sqrt(Math.max(0, variance));
      }
      return new BatchNormStatistics(mean, std);
    }
  }

  /** Observes these layers of a network. */
  public ObservedOutputs(StageGraph graph, List<Layer> layers) {
    this.layers = layers;
    List<String> outputs = layers.stream().map(Layer::output).toList();
    program = OnnxProgram.load(graph.model().computing(outputs).proto().toByteArray());
    layers.forEach(layer -> sums.put(layer.output(), new Sums(layer.layout().out())));
  }

  /** Adds samples, by the names of the network's inputs. */
  public void add(Map<String, Tensor> inputs) {
    Map<String, Tensor> outputs = program.run(inputs);
    for (Layer layer : layers) {
      Tensor output = requireNonNull(outputs.get(layer.output()));
      int axis = layer.channelsAreLast() ? output.rank() - 1 : 1;
      int inner = 1;
      for (int d = axis + 1; d < output.rank(); d++) {
        inner *= Math.toIntExact(output.dim(d));
      }
      requireNonNull(sums.get(layer.output())).add(output.floats(), inner);
    }
  }

  /** Returns the statistics of each output, by name. */
  public Map<String, BatchNormStatistics> statistics() {
    Map<String, BatchNormStatistics> statistics = new LinkedHashMap<>();
    sums.forEach((output, of) -> statistics.put(output, of.statistics()));
    return statistics;
  }

  @Override
  public void close() {
    program.close();
  }
}
