package io.halfstep.stage;

import static java.util.Objects.requireNonNull;

import io.halfstep.calibration.Datasets;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.source.BatchReader;
import io.halfstep.source.Dataset;
import io.halfstep.source.ImageSpec;
import io.halfstep.source.Normalization;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The inputs of a network's layers, for benchmarks. The network has one input. */
public final class LayerInputs {
  private static final int BATCH = 32;

  private LayerInputs() {}

  /** Returns each layer's input in the float network, batch by batch. */
  static Map<String, List<Tensor>> of(
      StageGraph graph, String data, String normalize, long samples) {
    return of(
        graph.model(),
        graph.layers().stream().map(Layer::input).distinct().toList(),
        samples(graph.model(), data, normalize, samples));
  }

  /** Reads a network's samples, batch by batch. */
  public static List<Tensor> samples(Model model, String data, String normalize, long samples) {
    Dataset dataset =
        Dataset.open(
            List.of(data),
            Datasets.ports(model),
            Normalization.parse(normalize),
            ImageSpec.DEFAULT);
    List<Tensor> read = new ArrayList<>();
    try (BatchReader batches = dataset.batches(BATCH, samples)) {
      for (SampleBatch batch = batches.next(); batch != null; batch = batches.next()) {
        read.add(batch.input(model.inputs().get(0).name()));
      }
    }
    return read;
  }

  /** Returns a tensor of a network, batch by batch. */
  public static List<Tensor> of(Model model, String tensor, List<Tensor> batches) {
    return requireNonNull(of(model, List.of(tensor), batches).get(tensor));
  }

  /** Returns some tensors of a network, batch by batch. */
  public static Map<String, List<Tensor>> of(
      Model model, List<String> tensors, List<Tensor> batches) {
    String input = model.inputs().get(0).name();
    List<String> made = tensors.stream().filter(tensor -> !tensor.equals(input)).toList();
    Map<String, List<Tensor>> values = new LinkedHashMap<>();
    tensors.forEach(tensor -> values.put(tensor, new ArrayList<>()));
    if (made.size() < tensors.size()) {
      values.put(input, batches);
    }
    if (!made.isEmpty()) {
      try (OnnxProgram program = OnnxProgram.load(model.computing(made).proto().toByteArray())) {
        for (Tensor batch : batches) {
          program
              .run(Map.of(input, batch))
              .forEach((name, value) -> requireNonNull(values.get(name)).add(value));
        }
      }
    }
    return values;
  }
}
