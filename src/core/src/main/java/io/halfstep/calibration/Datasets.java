package io.halfstep.calibration;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.Model;
import io.halfstep.plan.RunOptions;
import io.halfstep.source.Dataset;
import io.halfstep.source.ImageSpec;
import io.halfstep.source.InputPort;
import io.halfstep.source.Normalization;
import io.halfstep.tensor.ElementType;
import java.util.List;

/** Opens a model's data. */
public final class Datasets {
  private Datasets() {}

  /**
   * Opens the data.
   *
   * @throws InvalidInputException if something is missing or fits no input of the model
   */
  public static Dataset open(RunOptions options, Model model) {
    if (options.data().isEmpty()) {
      throw new InvalidInputException("--data is missing; name a file or a folder of samples");
    }
    return Dataset.open(
        options.data(),
        ports(model),
        normalization(options),
        options.image() == null ? ImageSpec.DEFAULT : ImageSpec.parse(options.image()));
  }

  /** Returns a model's inputs. */
  public static List<InputPort> ports(Model model) {
    return model.inputs().stream()
        .map(
            port ->
                new InputPort(
                    port.name(),
                    ElementType.ofOnnx(port.onnxElementType()),
                    port.shape().stream().mapToLong(Long::longValue).toArray()))
        .toList();
  }

  /**
   * Returns the normalization of samples.
   *
   * @throws InvalidInputException if it can't be read
   */
  public static Normalization normalization(RunOptions options) {
    return options.normalize().isEmpty()
        ? Normalization.NONE
        : Normalization.parse(options.normalize().toArray(String[]::new));
  }
}
