package io.halfstep.quantizer;

import java.util.Locale;

/** The runtime that executes the quantized model. It decides how integers are stored. */
public enum Target {
  /**
   * ONNX Runtime on processors: weights of 5 to 8 bits are stored as uint8, shifted by 128 if the
   * grid is signed, since its kernels for int8 weights saturate on processors without VNNI.
   */
  ONNXRUNTIME_CPU("ONNX Runtime on any processor: weights of 5 to 8 bits stored as uint8."),
  /** Runtimes that want int8 weights with zero point 0, as most accelerators do. */
  GENERIC_INT8("Runtimes that want int8 weights with zero point 0, as most accelerators do.");

  private final String summary;

  Target(String summary) {
    this.summary = summary;
  }

  /** Returns the name in plans and help. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Returns what it stands for, in a sentence. */
  public String summary() {
    return summary;
  }

  /** Returns whether ONNX Runtime's own kernels are meant to execute the model. */
  public boolean isOnnxRuntime() {
    return this == ONNXRUNTIME_CPU;
  }
}
