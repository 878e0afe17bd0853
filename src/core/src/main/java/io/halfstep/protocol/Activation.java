package io.halfstep.protocol;

import io.halfstep.tensor.Tensor;
import java.util.Arrays;

/**
 * An activation tensor of one batch as both networks see it: {@code x} in the float network, {@code
 * x̂} in the quantized one. Where nothing before it is quantized yet the two are one object,
 * computed and sent once.
 *
 * @param teacher x
 * @param student x̂
 */
public record Activation(Tensor teacher, Tensor student) {
  /** The same for both networks. */
  public static Activation shared(Tensor tensor) {
    return new Activation(tensor, tensor);
  }

  /** Whether both networks see the same. */
  public boolean isShared() {
    return teacher == student;
  }

  /** Whether the two have one shape; they may not, where a shape is computed from values. */
  public boolean isAligned() {
    return isShared() || Arrays.equals(teacher.shape(), student.shape());
  }

  /** The memory behind it. */
  public long bytes() {
    return teacher.bytes() + (isShared() ? 0 : student.bytes());
  }
}
