package io.halfstep.service;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A layer of a job's network, in JSON.
 *
 * @param shape of its weight, in ONNX order
 * @param weights how many there are
 * @param input its input's values; null until the range is set, at the end of the first pass
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LayerView(
    String name,
    String operator,
    long[] shape,
    long weights,
    @Nullable StageView stage,
    @Nullable InputHistogram input) {

  /**
   * Returns a layer; empty if there is none of this name.
   *
   * @param progress of the job's calibration; null if none has started
   */
  public static Optional<LayerView> of(
      StageGraph graph, @Nullable JobProgress progress, String name) {
    return graph.layers().stream()
        .filter(layer -> layer.name().equals(name))
        .findFirst()
        .map(layer -> of(layer, progress));
  }

  private static LayerView of(Layer layer, @Nullable JobProgress progress) {
    return new LayerView(
        layer.name(),
        layer.op(),
        layer.weight().shape(),
        layer.weight().size(),
        progress == null ? null : StageView.of(progress, layer.name()),
        progress == null ? null : progress.inputs().get(layer.name()));
  }
}
