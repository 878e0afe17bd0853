package io.halfstep.tensor;

import ai.onnxruntime.OrtException;
import java.util.Map;

/**
 * ONNX Runtime refused a model or its inputs, or failed in an operator. The message is one line:
 * node and operator where they are known, the cause, and the shapes of the inputs.
 */
public final class OnnxRuntimeException extends RuntimeException {
  OnnxRuntimeException(String message) {
    super(message);
  }

  private OnnxRuntimeException(String message, OnnxRuntimeException cause) {
    super(message, cause);
  }

  /** A model was not loaded. */
  OnnxRuntimeException(OrtException cause) {
    this(cause, Map.of());
  }

  /** A model failed on these inputs. */
  OnnxRuntimeException(OrtException cause, Map<String, Tensor> inputs) {
    super(
        RuntimeMessage.of(
            cause.getMessage() == null ? cause.getCode().toString() : cause.getMessage(), inputs),
        cause);
  }

  /** Returns the failure with a remedy at the end of its message. */
  public OnnxRuntimeException with(String remedy) {
    return new OnnxRuntimeException(getMessage() + "; " + remedy, this);
  }
}
