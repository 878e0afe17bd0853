package io.halfstep.calibration;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import io.halfstep.plan.DataSettings;
import io.halfstep.source.Dataset;
import io.halfstep.source.ImageSpec;
import io.halfstep.source.InputPort;
import io.halfstep.source.MaskInput;
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
    List<InputPort> ports = ports(model);
    Dataset dataset =
        Dataset.open(
            data.files(),
            ports,
            normalization(data.normalization()),
            data.image() == null ? ImageSpec.DEFAULT : ImageSpec.parse(data.image()),
            MaskInput.of(ports, data.mask()));
    if (data.image() != null && !dataset.hasImages()) {
      throw new InvalidInputException(
          "--image %s: there are no images in %s, only arrays, which are used as they are; leave"
                  .formatted(data.image(), dataset)
              + " --image out");
    }
    return dataset;
  }

  /**
   * Returns a model's inputs.
   *
   * @throws InvalidInputException if one is not a tensor of numbers
   */
  public static List<InputPort> ports(Model model) {
    return model.inputs().stream()
        .map(
            port ->
                new InputPort(
                    port.name(),
                    type(model, port),
                    port.shape().stream().mapToLong(Long::longValue).toArray(),
                    model.batchAxis(port.name())))
        .toList();
  }

  private static ElementType type(Model model, Model.Port port) {
    try {
      return ElementType.ofOnnx(port.onnxElementType());
    } catch (InvalidInputException e) {
      DataType type = DataType.forNumber(port.onnxElementType());
      throw new InvalidInputException(
          "%s: input '%s' is %s, and only tensors of numbers can be fed; %s"
              .formatted(
                  model.path(),
                  port.name(),
                  type == null || type == DataType.UNDEFINED
                      ? "not a tensor"
                      : "a tensor of type " + type,
                  isRead(model, port.name())
                      ? "replace it, and the nodes that read it, by an input of numbers"
                      : "no node reads it: remove it from the model"),
          e);
    }
  }

  private static boolean isRead(Model model, String input) {
    return model.proto().getGraph().getNodeList().stream()
        .anyMatch(node -> Nodes.reads(node).contains(input));
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
