package io.halfstep.learning;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.quantizer.Encoding;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A block to learn.
 *
 * @param teacher its serialized model in the float network
 * @param block its model, of opset 16 or newer, with the constants that the student reads
 * @param layers its quantized layers
 * @param activations the encodings of the tensors that are read quantized
 * @param sites the tensors among these that all their readers read quantized, not layers alone
 * @param given the tensors among these of which the step stays: its readers outside the block need
 *     it, or its values are few, as those of images are
 * @param importance the roots of how much the network's outputs change with the elements of the
 *     block's outputs, by output, of a sample's shape with a first axis of size 1; elements of
 *     others count equally
 * @param seed of the order of samples
 */
public record BlockProblem(
    byte[] teacher,
    ModelProto block,
    List<BlockLayer> layers,
    Map<String, Encoding> activations,
    Set<String> sites,
    Set<String> given,
    Map<String, Tensor> importance,
    long seed) {
  /** Returns the block with what it has learned. */
  public BlockProblem with(BlockSolution solution) {
    List<BlockLayer> learned =
        layers.stream()
            .map(
                each ->
                    new BlockLayer(
                        each.layer(),
                        solution.weights().getOrDefault(each.layer().name(), each.weight()),
                        solution.biases().getOrDefault(each.layer().name(), each.bias()),
                        each.learns(),
                        each.keepsZeros()))
            .toList();
    Map<String, Encoding> encodings = new TreeMap<>(activations);
    encodings.putAll(solution.activations());
    return new BlockProblem(teacher, block, learned, encodings, sites, given, importance, seed);
  }

  BlockModels models() {
    return new BlockModels(
        block, layers.stream().map(BlockLayer::layer).toList(), activations, sites);
  }
}
