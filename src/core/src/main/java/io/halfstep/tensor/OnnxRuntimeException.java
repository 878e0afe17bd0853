package io.halfstep.tensor;

import ai.onnxruntime.OrtException;

/**
 * ONNX Runtime refused a model or its inputs, or failed in an operator. The message is ONNX
 * Runtime's, on one line.
 */
public final class OnnxRuntimeException extends RuntimeException {
  OnnxRuntimeException(String message) {
    super(message);
  }

  OnnxRuntimeException(OrtException cause) {
    super(oneLine(cause), cause);
  }

  private static String oneLine(OrtException e) {
    String message = e.getMessage();
    return message == null
        ? e.getCode().toString()
        : message
            .replaceFirst("^Error code - \\w+ - message: ", "")
            .strip()
            .replaceAll("\\s+", " ");
  }
}
