package io.halfstep.export;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** The nodes that ONNX Runtime executes in the place of a model's, with all optimizations. */
final class OptimizedModel {
  /** Kernels that compute with integers alone, beside QLinear… and QGemm. */
  private static final Set<String> EITHER =
      Set.of("Flatten", "MaxPool", "Reshape", "Resize", "Squeeze", "Transpose", "Unsqueeze");

  private OptimizedModel() {}

  /**
   * @param file of the optimized model, to be written
   */
  static List<NodeProto> of(Path model, Path file) throws OrtException, IOException {
    try (SessionOptions options = new SessionOptions()) {
      options.setOptimizationLevel(OptLevel.ALL_OPT);
      options.setOptimizedModelFilePath(file.toString());
      try (OrtSession session =
          OrtEnvironment.getEnvironment().createSession(model.toString(), options)) {
        session.getNumOutputs();
      }
    }
    return ModelProto.parseFrom(Files.readAllBytes(file)).getGraph().getNodeList();
  }

  /** Returns whether a node of a network in integers is computed with integers. */
  static boolean isInteger(NodeProto node) {
    return node.getOpType().startsWith("QLinear")
        || node.getOpType().equals("QGemm")
        || EITHER.contains(node.getOpType());
  }
}
