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
  private final SampleGroup group;
  private final int[] chosen;

  BlockBatch(BlockModels models, SampleGroup group, int[] chosen) {
    this.models = models;
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

  private Map<String, Tensor> withTargets(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
    Map<String, Tensor> all = new HashMap<>(inputs);
    Mask mask = group.mask(chosen);
    outputs.forEach(
        (name, y) -> {
          all.put(BlockModels.targetOf(name), y);
          if (mask != null) {
            all.put(BlockModels.weightsOf(name), mask.weights(y.shape()));
          }
        });
    return all;
  }

  /** Returns Σ(ŷ − y)² of an output, without padding. */
  double noise(String output, Map<String, Tensor> student) {
    float[] teacher = group.withoutPadding(group.batch(output, chosen), chosen);
    float[] quantized = group.withoutPadding(requireNonNull(student.get(output)), chosen);
    double noise = 0;
    for (int i = 0; i < teacher.length; i++) {
      double d = (double) quantized[i] - teacher[i];
      noise += d * d;
    }
    return noise;
  }
}
