package io.halfstep.protocol;

import io.halfstep.tensor.Tensor;
import java.util.Arrays;

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

  /** Returns the bytes of its memory. */
  public long bytes() {
    return teacher.bytes() + (isShared() ? 0 : student.bytes());
  }
}
