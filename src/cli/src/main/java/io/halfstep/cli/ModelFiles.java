package io.halfstep.cli;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files of a model. */
final class ModelFiles {
  private ModelFiles() {}

  /** Returns the size of a model with the external data of its initializers. */
  static long bytes(Path model) {
    try {
      long bytes = Files.size(model);
      for (String location : externalData(model)) {
        Path data = model.resolveSibling(location);
        bytes += Files.isRegularFile(data) ? Files.size(data) : 0;
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> externalData(Path model) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(model), 1 << 16)) {
      return ModelProto.parseFrom(in).getGraph().getInitializerList().stream()
          .filter(tensor -> tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL)
          .flatMap(tensor -> tensor.getExternalDataList().stream())
          .filter(entry -> entry.getKey().equals("location"))
          .map(StringStringEntryProto::getValue)
          .distinct()
          .toList();
    }
  }
}
