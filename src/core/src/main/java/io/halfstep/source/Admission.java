package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NamedTensor;
import io.halfstep.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Checks and converts samples for a model's inputs. Files and live data use the same rules.
 *
 * <p>Values are converted to the input's element type (integers exactly, floats to the nearest
 * value of a shorter type, and to integers only if they are integral) and normalized; NaN and
 * infinities are rejected.
 */
public final class Admission {
  private final List<InputPort> ports;
  private final Normalization normalization;
  private final @Nullable Layout layout;

  Admission(List<InputPort> ports, Normalization normalization, @Nullable Layout layout) {
    this.ports = ports;
    this.normalization = normalization;
    this.layout = layout;
  }

  /**
   * Creates the rules of a model.
   *
   * @param ports the model's inputs, in its order
   * @throws InvalidInputException if there are none, or the normalization does not fit them
   */
  public static Admission of(List<InputPort> ports, Normalization normalization) {
    if (ports.isEmpty()) {
      throw new InvalidInputException("data: the model has no inputs");
    }
    normalization.check(ports);
    return new Admission(List.copyOf(ports), normalization, null);
  }

  /** Returns the model's inputs. */
  public List<InputPort> inputs() {
    return ports;
  }

  /**
   * Returns a sample's value for an input, converted and normalized; the sample has a first axis of
   * 1.
   */
  Tensor admit(InputPort port, Tensor raw) throws RejectedException {
    Tensor value = raw;
    if (normalization.appliesTo(port)) {
      Tensor reals = Conversion.convert(raw, ElementType.FLOAT);
      value = normalization.apply(port, reals, layout);
    }
    value = Conversion.convert(value, port.type());
    Conversion.requireFinite(value);
    return value;
  }

  /**
   * Splits a request into its samples, neither converted nor normalized. The first axis counts
   * samples, {@code [n, dims…]}; an axis of size 1 may be missing ({@code [n, 28, 28]} for {@code
   * [N, 1, 28, 28]}), and a single sample needs no first axis.
   *
   * @param tensors one for each of the model's inputs, in any order
   * @throws InvalidInputException if a tensor is missing, unknown, given twice or empty, if its
   *     shape does not fit, if tensors hold different numbers of samples, or if any sample is
   *     rejected; then none is accepted
   */
  public List<RawSample> admit(List<NamedTensor> tensors) {
    Map<String, Tensor> given = byName(tensors);
    List<Given> inputs = ports.stream().map(port -> fit(port, given.get(port.name()))).toList();
    long count = samples(inputs);
    List<RawSample> samples = new ArrayList<>((int) count);
    for (int i = 0; i < count; i++) {
      Map<String, Tensor> sample = new LinkedHashMap<>();
      for (Given input : inputs) {
        sample.put(input.port().name(), check(input, i));
      }
      samples.add(new RawSample(sample));
    }
    return samples;
  }

  /** A request's tensor for an input. */
  private record Given(InputPort port, Tensor tensor, Fit fit) {}

  private Tensor check(Given input, int number) {
    Tensor raw = input.fit().sample(input.tensor(), number);
    try {
      admit(input.port(), raw);
      return raw;
    } catch (RejectedException e) {
      throw new InvalidInputException(
          "input '%s', sample %d: %s: %s"
              .formatted(input.port().name(), number + 1, e.reason(), e.found()),
          e);
    }
  }

  /**
   * Reads bytes without name, type or shape: the elements of the model's only input, little-endian,
   * in the input's element type. One dimension may be unknown; the number of bytes determines it.
   *
   * @throws InvalidInputException if the model has several inputs, if the shape stays unknown, or
   *     if the bytes do not fit or are rejected
   */
  public List<RawSample> admit(ByteBuffer raw) {
    if (ports.size() != 1) {
      throw new InvalidInputException(
          "bytes without a description: the model has the inputs %s; describe each of them"
              .formatted(names()));
    }
    InputPort port = ports.get(0);
    long[] shape = port.shape().clone();
    long open = Arrays.stream(shape).filter(dim -> dim < 0).count();
    long known = port.type().bytes();
    for (long dim : shape) {
      known *= dim < 0 ? 1 : dim;
    }
    if (shape.length == 0 || open > 1) {
      throw new InvalidInputException(
          "bytes without a description: input "
              + port
              + " does not determine their shape; describe it");
    }
    int bytes = raw.remaining();
    if (bytes == 0 || known == 0 || (open == 0 ? bytes != known : bytes % known != 0)) {
      throw new InvalidInputException(
          "input '%s': %d bytes, expected %s%d for %s"
              .formatted(port.name(), bytes, open == 0 ? "" : "a multiple of ", known, port));
    }
    for (int axis = 0; axis < shape.length; axis++) {
      shape[axis] = shape[axis] < 0 ? bytes / known : shape[axis];
    }
    Tensor tensor =
        Tensor.decode(port.type(), raw.duplicate().order(ByteOrder.LITTLE_ENDIAN), shape);
    return admit(List.of(new NamedTensor(port.name(), tensor)));
  }

  private Map<String, Tensor> byName(List<NamedTensor> tensors) {
    Map<String, Tensor> given = new HashMap<>();
    for (NamedTensor tensor : tensors) {
      if (ports.stream().noneMatch(port -> port.name().equals(tensor.name()))) {
        throw new InvalidInputException(
            "input '%s': the model has no such input, only %s".formatted(tensor.name(), names()));
      }
      if (given.put(tensor.name(), tensor.tensor()) != null) {
        throw new InvalidInputException("input '" + tensor.name() + "': given twice");
      }
    }
    return given;
  }

  private static Given fit(InputPort port, @Nullable Tensor tensor) {
    if (tensor == null) {
      throw new InvalidInputException(
          "input '%s': missing, expected a tensor for %s".formatted(port.name(), port));
    }
    Fit fit = Fit.of(tensor.shape(), port, "input '" + port.name() + "'");
    if (fit == null) {
      throw new InvalidInputException(
          "input '%s': shape %s, expected %s"
              .formatted(port.name(), Arrays.toString(tensor.shape()), port));
    }
    if (tensor.size() == 0) {
      throw new InvalidInputException(
          "input '%s': shape %s holds no sample"
              .formatted(port.name(), Arrays.toString(tensor.shape())));
    }
    return new Given(port, tensor, fit);
  }

  private static long samples(List<Given> inputs) {
    List<Given> counted =
        inputs.stream().filter(input -> input.fit().samples() != Fit.ANY).toList();
    if (counted.isEmpty()) {
      return 1;
    }
    Given first = counted.get(0);
    for (Given input : counted) {
      if (input.fit().samples() != first.fit().samples()) {
        throw new InvalidInputException(
            "input '%s': holds %d samples, and input '%s' %d; expected equal numbers"
                .formatted(
                    input.port().name(),
                    input.fit().samples(),
                    first.port().name(),
                    first.fit().samples()));
      }
    }
    return first.fit().samples();
  }

  private String names() {
    return ports.stream().map(InputPort::toString).collect(Collectors.joining("; "));
  }
}
