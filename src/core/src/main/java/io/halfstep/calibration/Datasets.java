package io.halfstep.calibration;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import io.halfstep.plan.DataSettings;
import io.halfstep.plan.Setting;
import io.halfstep.source.Dataset;
import io.halfstep.source.ImageSpec;
import io.halfstep.source.InputPort;
import io.halfstep.source.MaskInput;
import io.halfstep.source.Normalization;
import io.halfstep.synthesis.SyntheticSamples;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleConsumer;

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
      throw new InvalidInputException("data: missing; name a file or a folder of samples");
    }
    if (data.synthetic() > 0) {
      throw new InvalidInputException(
          "data %s: samples are made by quantize and analyze only; name a file or a folder"
              .formatted(data.files().get(0)));
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
          "image %s: there are no images in %s, only arrays, which are used as they are; leave"
                  .formatted(data.image(), dataset)
              + " it out");
    }
    return dataset;
  }

  /**
   * Returns samples in memory.
   *
   * @param arrays of each input by name, {@code [n, dims…]} for an input {@code [N, dims…]}
   * @throws InvalidInputException if they do not fit the model
   */
  public static Dataset of(List<Map<String, Tensor>> arrays, DataSettings data, Model model) {
    if (data.image() != null) {
      throw new InvalidInputException(
          "image: there are only arrays, which are used as they are; leave it out");
    }
    List<InputPort> ports = ports(model);
    return Dataset.of(
        arrays,
        ports,
        "the arrays",
        normalization(data.normalization()),
        MaskInput.of(ports, data.mask()));
  }

  /**
   * Returns the name of a model's only input.
   *
   * @throws InvalidInputException if it has several
   */
  public static String onlyInput(Model model) {
    List<String> names = model.inputs().stream().map(Model.Port::name).toList();
    if (names.size() != 1) {
      throw new InvalidInputException(
          "%s: has the inputs %s; give the arrays by name".formatted(model.path(), names));
    }
    return names.get(0);
  }

  /**
   * Makes the samples that {@link DataSettings#synthetic} asks for.
   *
   * @param model {@linkplain Model#folded folded}
   * @param threads how many threads make them; the samples do not depend on it
   * @param progress receives the share of the work that is done, 0 to 1, from any thread
   * @throws InvalidInputException if none can be made for the model
   * @throws InterruptedException if the thread is interrupted, after all work has ended
   */
  public static Dataset synthesize(
      DataSettings data, Model model, long seed, int threads, DoubleConsumer progress)
      throws InterruptedException {
    for (Setting<?> setting : List.of(DataSettings.IMAGE, DataSettings.MASK)) {
      if (data.values().said(setting) != null) {
        throw new InvalidInputException(
            "%s is not for synthetic samples; leave it out".formatted(setting.group()));
      }
    }
    List<InputPort> ports = ports(model);
    SyntheticSamples samples =
        new SyntheticSamples(model, ports, normalization(data.normalization()));
    return Dataset.of(
        ports.get(0), data.files().get(0), samples.make(data.synthetic(), seed, threads, progress));
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
