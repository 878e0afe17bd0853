package io.halfstep.calibration;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.Model;
import io.halfstep.plan.DataSettings;
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
  public static Dataset open(DataSettings data, Model model) {
    if (data.files().isEmpty()) {
      throw new InvalidInputException("--data is missing; name a file or a folder of samples");
    }
    Dataset dataset =
        Dataset.open(
            data.files(),
            ports(model),
            normalization(data.normalization()),
            data.image() == null ? ImageSpec.DEFAULT : ImageSpec.parse(data.image()));
    if (data.image() != null && !dataset.hasImages()) {
      throw new InvalidInputException(
          "--image %s: there are no images in %s, only arrays, which are used as they are; leave"
                  .formatted(data.image(), dataset)
              + " --image out");
    }
    return dataset;
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
  public static Normalization normalization(List<String> specifications) {
    return specifications.isEmpty()
        ? Normalization.NONE
        : Normalization.parse(specifications.toArray(String[]::new));
  }
}
