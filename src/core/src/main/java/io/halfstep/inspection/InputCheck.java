package io.halfstep.inspection;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.LayerOperators;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import io.halfstep.source.BatchReader;
import io.halfstep.source.Dataset;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorValues;
import io.halfstep.text.Figures;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Detects samples unlike the model's training data, for lack of normalization. */
public final class InputCheck {
  private static final int SAMPLES = 8;

  /** Whole numbers up to this may be flags or counts. */
  private static final double SMALL = 32;

  private static final double PIXEL = 255;

  /** Trained networks stay below 3 on data like their training data. */
  private static final double IMPLAUSIBLE = 10;

  private static final Set<String> RESHAPING =
      Set.of("Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze");

  private InputCheck() {}

  /**
   * Returns warnings about the first samples, one line each.
   *
   * @param normalized whether {@code --normalize} was given
   */
  public static List<String> warnings(Model model, Dataset data, boolean normalized) {
    int batch = Math.max(SAMPLES, data.fixedBatch());
    try (BatchReader reader = data.batches(batch, batch)) {
      SampleBatch first = reader.next();
      return first == null ? List.of() : warnings(model, first, normalized);
    }
  }

  /** The same for these samples. */
  public static List<String> warnings(Model model, SampleBatch batch, boolean normalized) {
    String advice =
        normalized
            ? "check the normalization, e.g. its scale=255 for pixels from 0 to 255"
            : "if they should be normalized, say how, e.g. normalize"
                + " mean=0.485/0.456/0.406,std=0.229/0.224/0.225,scale=255";
    List<BatchNormDeviation> deviations = BatchNormDeviation.of(model, batch.inputs());
    if (!deviations.isEmpty()) {
      return deviations.stream()
          .filter(deviation -> deviation.ratio() > IMPLAUSIBLE)
          .max(Comparator.comparingDouble(BatchNormDeviation::ratio))
          .stream()
          .map(
              deviation ->
                  ("the samples do not look like the model's training data: before batch norm '%s'"
                          + " the values lie %s times as far from its mean as its variance says; %s")
                      .formatted(deviation.node(), Figures.brief(deviation.ratio()), advice))
          .toList();
    }
    List<String> warnings = new ArrayList<>();
    for (String input : model.inputs().stream().map(Model.Port::name).toList()) {
      Tensor values = batch.inputs().get(input);
      if (!normalized
          && values != null
          && TensorValues.isFloat(values.type())
          && values.rank() > 1
          && arePixels(values)
          && goesIntoLayer(model.proto().getGraph(), input)) {
        warnings.add(
            "input '%s': the samples are whole numbers from 0 to 255, as images are before they are normalized; %s"
                .formatted(input, advice));
      }
    }
    return warnings;
  }

  private static boolean arePixels(Tensor tensor) {
    double greatest = 0;
    for (double value : TensorValues.doubles(tensor)) {
      if (value < 0 || value > PIXEL || value != Math.rint(value)) {
        return false;
      }
      greatest = Math.max(greatest, value);
    }
    return greatest > SMALL;
  }

  /**
   * Returns whether an input reaches a layer first; networks with built-in normalization begin with
   * other operators.
   */
  private static boolean goesIntoLayer(GraphProto graph, String input) {
    Set<String> same = new HashSet<>(Set.of(input));
    for (NodeProto node : graph.getNodeList()) {
      if (node.getInputCount() > 0 && same.contains(node.getInput(0))) {
        if (LayerOperators.of(node) != null) {
          return true;
        }
        if (RESHAPING.contains(node.getOpType())) {
          same.addAll(Nodes.makes(node));
        }
      }
    }
    return false;
  }
}
