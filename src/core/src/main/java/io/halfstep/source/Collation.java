package io.halfstep.source;

import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Joins samples into a batch along the inputs' batch axes. Sequences of different lengths are
 * padded with zeros if the model has a mask input.
 *
 * @param ports the model's inputs
 * @param mask the mask input; null if there is none
 */
record Collation(List<InputPort> ports, @Nullable String mask) {

  /** Returns whether two samples can be in one batch. */
  boolean joins(Sample a, Sample b) {
    return ports.stream().anyMatch(InputPort::isBatched)
        && ports.stream().allMatch(port -> joins(port, a, b));
  }

  private boolean joins(InputPort port, Sample a, Sample b) {
    return Arrays.equals(shape(port, a), shape(port, b))
        && (port.isBatched()
            || Objects.deepEquals(input(a, port.name()).data(), input(b, port.name()).data()));
  }

  /** Orders samples so that those that can be in one batch follow one another, by length. */
  Comparator<Sample> byShape() {
    Comparator<Sample> byShape =
        ports.stream()
            .<Comparator<Sample>>map(
                port -> Comparator.comparing(sample -> shape(port, sample), Arrays::compare))
            .reduce(Comparator::thenComparing)
            .orElseThrow();
    return mask == null ? byShape : byShape.thenComparing(sample -> length(sample, mask));
  }

  /** Returns the shape of an input, with −1 for the length of the sequence. */
  private long[] shape(InputPort port, Sample sample) {
    long[] shape = input(sample, port.name()).shape();
    if (isSequence(port, sample)) {
      shape[1] = -1;
    }
    return shape;
  }

  private boolean isSequence(InputPort port, Sample sample) {
    Tensor tensor = input(sample, port.name());
    return mask != null
        && port.batchAxis() == 0
        && tensor.rank() > 1
        && (port.shape().length == 0 || port.shape()[1] < 0)
        && tensor.dim(1) == length(sample, mask);
  }

  /** Returns the batch's inputs. */
  Map<String, Tensor> collate(List<Sample> samples) {
    long longest =
        mask == null
            ? 0
            : samples.stream().mapToLong(sample -> length(sample, mask)).max().orElseThrow();
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    for (InputPort port : ports) {
      List<Tensor> parts = samples.stream().map(s -> padded(port, s, longest)).toList();
      inputs.put(
          port.name(),
          port.isBatched() ? Tensor.concatenate(parts, port.batchAxis()) : parts.get(0));
    }
    return inputs;
  }

  private Tensor padded(InputPort port, Sample sample, long length) {
    Tensor tensor = input(sample, port.name());
    if (!isSequence(port, sample) || tensor.dim(1) == length) {
      return tensor;
    }
    long[] shape = tensor.shape();
    shape[1] = length;
    Tensor padded = Tensor.zeros(tensor.type(), shape);
    System.arraycopy(tensor.data(), 0, padded.data(), 0, tensor.size());
    return padded;
  }

  private static long length(Sample sample, String mask) {
    return input(sample, mask).dim(1);
  }

  private static Tensor input(Sample sample, String name) {
    return Objects.requireNonNull(sample.inputs().get(name), name);
  }
}
