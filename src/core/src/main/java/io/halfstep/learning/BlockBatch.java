package io.halfstep.learning;

import static java.util.Objects.requireNonNull;

import io.halfstep.tensor.Mask;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** Some samples of a group as inputs of a block's models. */
final class BlockBatch {
  private final BlockModels models;
  private final OutputWeights weights;
  private final SampleGroup group;
  private final int[] chosen;

  BlockBatch(BlockModels models, OutputWeights weights, SampleGroup group, int[] chosen) {
    this.models = models;
    this.weights = weights;
    this.group = group;
    this.chosen = chosen;
  }

  /** Returns the block's inputs. */
  Map<String, Tensor> inputs() {
    Map<String, Tensor> inputs = new HashMap<>();
    models.inputs().forEach(name -> inputs.put(name, group.batch(name, chosen)));
    return inputs;
  }

  /** Returns whether all inputs are images, which have {@link #varied variants}. */
  boolean isOfImages() {
    return inputs().values().stream().allMatch(ImageVariants::isOfImages);
  }

  /** Returns the inputs of the loss: the block's, with the teacher's outputs. */
  Map<String, Tensor> ofLoss() {
    Map<String, Tensor> outputs = new HashMap<>();
    models.outputs().forEach(name -> outputs.put(name, group.batch(name, chosen)));
    return withTargets(inputs(), outputs);
  }

  /** The same of variants of the samples. */
  Map<String, Tensor> varied(OnnxProgram teacher, SplittableRandom random) {
    Map<String, Tensor> inputs = new HashMap<>();
    models
        .inputs()
        .forEach(name -> inputs.put(name, ImageVariants.of(group.batch(name, chosen), random)));
    return withTargets(inputs, teacher.run(inputs));
  }

  /** Returns whether the elements of the outputs have different weights in the loss. */
  boolean isWeighted() {
    return group.isMasked() || !weights.areEqual();
  }

  private Map<String, Tensor> withTargets(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
    Map<String, Tensor> all = new HashMap<>(inputs);
    Mask mask = group.mask(chosen);
    outputs.forEach(
        (name, y) -> {
          all.put(BlockModels.targetOf(name), y);
          if (isWeighted()) {
            all.put(BlockModels.weightsOf(name), weights.of(name, y.shape(), mask));
          }
        });
    return all;
  }

  /** Returns Σ (m·(ŷ − y))² of an output, with the weights m of its elements. */
  double noise(String output, Map<String, Tensor> student) {
    Mask mask = group.mask(chosen);
    float[] teacher = weights.times(output, group.batch(output, chosen), mask);
    float[] quantized = weights.times(output, requireNonNull(student.get(output)), mask);
    double noise = 0;
    for (int i = 0; i < teacher.length; i++) {
      double d = (double) quantized[i] - teacher[i];
      noise += d * d;
    }
    return noise;
  }
}
