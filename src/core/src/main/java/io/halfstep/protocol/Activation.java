package io.halfstep.protocol;

import io.halfstep.quantizer.Encoding;
import io.halfstep.tensor.Mask;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * An activation tensor of one batch as both networks see it: {@code x} in the float network, {@code
 * x̂} in the quantized one. If nothing before it is quantized, the two are one object, computed and
 * sent once.
 *
 * @param teacher x
 * @param student x̂
 */
public record Activation(Tensor teacher, Tensor student) {
  /** Returns an activation that is the same for both networks. */
  public static Activation shared(Tensor tensor) {
    return new Activation(tensor, tensor);
  }

  /**
   * Returns the activation as the student's readers see it.
   *
   * @param encoding null if they read it in float
   */
  public Activation quantized(@Nullable Encoding encoding) {
    if (encoding == null) {
      return this;
    }
    float[] quantized = new float[student.size()];
    encoding.roundTrip(student.floats(), quantized);
    return new Activation(teacher, Tensor.of(quantized, student.shape()));
  }

  /** Returns whether both networks have the same tensor. */
  public boolean isShared() {
    return teacher == student;
  }

  /**
   * Returns whether the two have the same shape; they may differ if a shape is computed from
   * values.
   */
  public boolean isAligned() {
    return isShared() || Arrays.equals(teacher.shape(), student.shape());
  }

  /**
   * Returns the activation without padding, in parts; whole if no axes count the mask's positions.
   *
   * @param mask null if nothing is padded
   */
  public List<Activation> unpadded(@Nullable Mask mask) {
    return unpadded(mask == null || !isAligned() ? List::of : mask::unpadded);
  }

  /** The same for an output of the network. */
  public List<Activation> unpaddedOutput(@Nullable Mask mask) {
    return unpadded(mask == null || !isAligned() ? List::of : mask::unpaddedOutput);
  }

  private List<Activation> unpadded(Function<Tensor, List<Tensor>> parts) {
    List<Tensor> x = parts.apply(teacher);
    if (x.size() == 1 && x.get(0) == teacher) {
      return List.of(this);
    }
    if (isShared()) {
      return x.stream().map(Activation::shared).toList();
    }
    List<Tensor> xHat = parts.apply(student);
    return IntStream.range(0, x.size())
        .mapToObj(i -> new Activation(x.get(i), xHat.get(i)))
        .toList();
  }

  /** Returns the bytes of its memory. */
  public long bytes() {
    return teacher.bytes() + (isShared() ? 0 : student.bytes());
  }
}
