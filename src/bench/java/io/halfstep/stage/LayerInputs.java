package io.halfstep.stage;

import ai.onnx.proto.OnnxMl;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.source.BatchReader;
import io.halfstep.source.Dataset;
import io.halfstep.source.ImageSpec;
import io.halfstep.source.InputPort;
import io.halfstep.source.Normalization;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The inputs of a network's layers, for benchmarks. */
final class LayerInputs {
  private LayerInputs() {}

  /** Returns each layer's input in the float network, batch by batch. */
  static Map<String, List<Tensor>> of(
      StageGraph graph, String data, String normalize, long samples) {
    OnnxMl.ModelProto.Builder proto = graph.model().proto().toBuilder();
    Map<String, List<Tensor>> inputs = new LinkedHashMap<>();
    String own = graph.model().inputs().get(0).name();
    for (Layer layer : graph.layers()) {
      boolean isNew = inputs.put(layer.input(), new ArrayList<>()) == null;
      if (isNew && !layer.input().equals(own)) {
        proto
            .getGraphBuilder()
            .addOutput(
                ValueInfoProto.newBuilder()
                    .setName(layer.input())
                    .setType(
                        OnnxMl.TypeProto.newBuilder()
                            .setTensorType(
                                OnnxMl.TypeProto.Tensor.newBuilder()
                                    .setElemType(OnnxMl.TensorProto.DataType.FLOAT.getNumber()))));
      }
    }
    InputPort port =
        new InputPort(
            own,
            ElementType.FLOAT,
            graph.model().inputs().get(0).shape().stream().mapToLong(d -> d).toArray());
    Dataset dataset =
        Dataset.open(
            List.of(data), List.of(port), Normalization.parse(normalize), ImageSpec.DEFAULT);
    try (OnnxProgram program = OnnxProgram.load(proto.build().toByteArray());
        BatchReader batches = dataset.batches(32, samples)) {
      for (SampleBatch batch = batches.next(); batch != null; batch = batches.next()) {
        Map<String, Tensor> outputs = program.run(batch.inputs());
        for (Map.Entry<String, List<Tensor>> layer : inputs.entrySet()) {
          Tensor tensor = batch.inputs().get(layer.getKey());
          layer.getValue().add(tensor == null ? outputs.get(layer.getKey()) : tensor);
        }
      }
    }
    return inputs;
  }
}
