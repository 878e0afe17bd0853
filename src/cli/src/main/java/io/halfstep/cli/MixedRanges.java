package io.halfstep.cli;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.ReferenceBatch;
import io.halfstep.quantizer.Encoding;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxRuntimeException;
import io.halfstep.tensor.Tensor;
import io.halfstep.text.Figures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A quantized activation in which some slices along an axis span so little of the common scale that
 * they are lost.
 *
 * @param tensor its name
 * @param step the scale
 * @param bits of the grid
 * @param wide the range of the other slices
 * @param narrow the range of the lost slices
 */
record MixedRanges(String tensor, double step, int bits, Range wide, Range narrow) {
  /** Slices that span fewer steps than this are lost. */
  private static final double LOST = 4;

  /** At least one slice spans this many steps. */
  private static final double KEPT = 32;

  /** About 35 dB. */
  private static final double FINE = 64;

  /** Returns whether the lost slices would span enough steps of 16 bits. */
  boolean fitsSixteenBits() {
    return bits < 16 && narrow.span() >= FINE * Math.scalb(step, bits - 16);
  }

  /** The range of the values of some slices. */
  record Range(double least, double greatest) {
    double span() {
      return greatest - least;
    }

    private Range with(Range other) {
      return new Range(Math.min(least, other.least), Math.max(greatest, other.greatest));
    }

    @Override
    public String toString() {
      return Figures.brief(least) + " to " + Figures.brief(greatest);
    }
  }

  /** Returns the activation whose two ranges differ most, in the float network. */
  static Optional<MixedRanges> worst(QuantizedNetwork network) {
    if (network.reference().isEmpty() || network.activations().isEmpty()) {
      return Optional.empty();
    }
    List<MixedRanges> found = new ArrayList<>();
    activations(network)
        .forEach(
            (name, tensor) -> {
              Encoding encoding = network.activations().get(name);
              if (encoding != null) {
                float[] rounded = encoding.factors().inverse().times(tensor.floats());
                Tensor x = Tensor.of(rounded, tensor.shape());
                for (int axis = 1; axis < x.rank(); axis++) {
                  of(name, encoding, x, axis).ifPresent(found::add);
                }
              }
            });
    return found.stream()
        .max(Comparator.comparingDouble(mixed -> mixed.wide.span() / mixed.narrow.span()));
  }

  private static Map<String, Tensor> activations(QuantizedNetwork network) {
    ReferenceBatch batch = network.reference().get(0);
    ModelProto model = network.graph().model().proto();
    GraphProto.Builder graph = model.getGraph().toBuilder();
    Set<String> known = new HashSet<>();
    graph.getOutputList().forEach(output -> known.add(output.getName()));
    graph.getInputList().forEach(input -> known.add(input.getName()));
    List<String> wanted = new ArrayList<>(network.activations().keySet());
    wanted.removeIf(batch.inputs()::containsKey);
    for (String name : wanted) {
      if (known.add(name)) {
        graph.addOutput(ValueInfoProto.newBuilder().setName(name));
      }
    }
    try (OnnxProgram program =
        OnnxProgram.load(model.toBuilder().setGraph(graph).build().toByteArray())) {
      return wanted.isEmpty() ? Map.of() : program.run(batch.inputs(), wanted);
    } catch (OnnxRuntimeException e) {
      return Map.of(); // the warning stands without a cause
    }
  }

  private static Optional<MixedRanges> of(String name, Encoding encoding, Tensor tensor, int axis) {
    double step = encoding.scale(0);
    Range wide = null;
    Range narrow = null;
    boolean kept = false;
    for (Range slice : slices(tensor, axis)) {
      if (slice.span() >= LOST * step) {
        wide = wide == null ? slice : wide.with(slice);
        kept |= slice.span() >= KEPT * step;
      } else if (slice.span() > 0) {
        narrow = narrow == null ? slice : narrow.with(slice);
      }
    }
    return kept && wide != null && narrow != null
        ? Optional.of(new MixedRanges(name, step, encoding.grid().bits(), wide, narrow))
        : Optional.empty();
  }

  private static Range[] slices(Tensor tensor, int axis) {
    float[] values = tensor.floats();
    int count = Math.toIntExact(tensor.dim(axis));
    Range[] slices = new Range[count];
    if (values.length == 0) {
      return new Range[0];
    }
    int inner = Tensor.elements(Arrays.copyOfRange(tensor.shape(), axis + 1, tensor.rank()));
    double[] least = new double[count];
    double[] greatest = new double[count];
    Arrays.fill(least, Double.POSITIVE_INFINITY);
    Arrays.fill(greatest, Double.NEGATIVE_INFINITY);
    for (int i = 0; i < values.length; i++) {
      int slice = i / inner % count;
      least[slice] = Math.min(least[slice], values[i]);
      greatest[slice] = Math.max(greatest[slice], values[i]);
    }
    Arrays.setAll(slices, i -> new Range(least[i], greatest[i]));
    return slices;
  }
}
