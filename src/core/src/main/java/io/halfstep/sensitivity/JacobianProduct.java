package io.halfstep.sensitivity;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.gradient.GradientModel;
import io.halfstep.gradient.TensorTrace;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Products {@code vᵀJ} of vectors with the Jacobian of a network's outputs with respect to its
 * weights or activations, for one shape of the inputs. Threads may share it.
 */
final class JacobianProduct implements AutoCloseable {
  private final OutputProjection projection;
  private final List<String> tensors;
  private final OnnxProgram program;

  /**
   * Builds the backward model.
   *
   * @param tensors the names of the network's weights or activations
   * @param inputs an example of the inputs
   * @param vectors an example of the vectors, by the outputs
   * @throws io.halfstep.gradient.NoGradientException if an operator behind a tensor has no gradient
   */
  JacobianProduct(
      OutputProjection projection,
      List<String> tensors,
      Map<String, Tensor> inputs,
      Map<String, Tensor> vectors) {
    this.projection = projection;
    this.tensors = tensors;
    TensorTrace trace = TensorTrace.of(projection.model(), fed(inputs, vectors));
    ModelProto backward = GradientModel.of(projection.model(), trace, projection.name(), tensors);
    this.program = OnnxProgram.load(backward.toByteArray());
  }

  /**
   * Computes the products on the calling thread.
   *
   * @param vectors by the outputs
   * @return of the shape of each tensor, in their order
   */
  List<Tensor> of(Map<String, Tensor> inputs, Map<String, Tensor> vectors) {
    List<String> wanted = tensors.stream().map(GradientModel::gradientOf).toList();
    Map<String, Tensor> results = program.run(fed(inputs, vectors), wanted);
    List<Tensor> products = new ArrayList<>();
    wanted.forEach(name -> products.add(requireNonNull(results.get(name))));
    return products;
  }

  private Map<String, Tensor> fed(Map<String, Tensor> inputs, Map<String, Tensor> vectors) {
    Map<String, Tensor> fed = new HashMap<>(inputs);
    projection
        .vectors()
        .forEach((output, vector) -> fed.put(vector, requireNonNull(vectors.get(output))));
    return fed;
  }

  @Override
  public void close() {
    program.close();
  }
}
