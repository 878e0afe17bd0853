package io.halfstep.model;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.halfstep.failure.InvalidInputException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Loads a model's external data into the model. Paths that lead out of the model's folder, by
 * {@code ..} or by a symbolic link, are refused, since models may come from untrusted sources.
 */
final class ExternalData {
  /** Leaves space for the rest of the model in a byte array. */
  private static final long MOST = 2_000_000_000;

  private final Path model;
  private final Path folder;
  private long total;

  private ExternalData(Path model) throws IOException {
    this.model = model;
    this.folder = requireNonNull(model.toAbsolutePath().getParent()).toRealPath();
  }

  static GraphProto load(Path model, GraphProto graph) throws IOException {
    return new ExternalData(model).graph(graph);
  }

  /**
   * Refuses a model whose data are in other files.
   *
   * @throws InvalidInputException names a tensor and its file
   */
  static void requireNone(Path model, GraphProto graph) {
    graph.getInitializerList().forEach(tensor -> requireInternal(model, tensor));
    for (NodeProto node : graph.getNodeList()) {
      for (AttributeProto attribute : node.getAttributeList()) {
        requireInternal(model, attribute.getT());
        requireNone(model, attribute.getG());
      }
    }
  }

  private static void requireInternal(Path model, TensorProto tensor) {
    if (isExternal(tensor)) {
      throw new InvalidInputException(
          "%s: the values of tensor '%s' are in another file; read the model by its path"
              .formatted(model, tensor.getName()));
    }
  }

  private GraphProto graph(GraphProto graph) throws IOException {
    GraphProto.Builder loaded = graph.toBuilder();
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      TensorProto tensor = graph.getInitializer(i);
      if (isExternal(tensor)) {
        loaded.setInitializer(i, tensor(tensor));
      }
    }
    for (int i = 0; i < graph.getNodeCount(); i++) {
      NodeProto node = graph.getNode(i);
      for (int j = 0; j < node.getAttributeCount(); j++) {
        AttributeProto attribute = node.getAttribute(j);
        if (attribute.hasG() || isExternal(attribute.getT())) {
          loaded.getNodeBuilder(i).setAttribute(j, attribute(attribute));
        }
      }
    }
    return loaded.build();
  }

  private AttributeProto attribute(AttributeProto attribute) throws IOException {
    AttributeProto.Builder loaded = attribute.toBuilder();
    if (isExternal(attribute.getT())) {
      loaded.setT(tensor(attribute.getT()));
    }
    if (attribute.hasG()) {
      loaded.setG(graph(attribute.getG()));
    }
    return loaded.build();
  }

  private static boolean isExternal(TensorProto tensor) {
    return tensor.getDataLocation() == DataLocation.EXTERNAL;
  }

  private TensorProto tensor(TensorProto tensor) throws IOException {
    Map<String, String> entries = new HashMap<>();
    for (StringStringEntryProto entry : tensor.getExternalDataList()) {
      entries.put(entry.getKey(), entry.getValue());
    }
    String location = entries.getOrDefault("location", "");
    Path file = file(tensor, location);
    long size = Files.size(file);
    long offset = number(tensor, entries, "offset", 0);
    long length = number(tensor, entries, "length", size - offset);
    if (offset > size || length > size - offset) {
      throw wrong(
          tensor,
          "'%s' has %d bytes, %d from %d on are needed; is the file complete?"
              .formatted(location, size, length, offset));
    }
    total += length;
    if (total > MOST) {
      throw wrong(tensor, "the model's external data exceed 2 GB, the largest supported size");
    }
    return tensor.toBuilder()
        .clearExternalData()
        .clearDataLocation()
        .setRawData(read(file, offset, (int) length))
        .build();
  }

  private Path file(TensorProto tensor, String location) throws IOException {
    Path file;
    try {
      file = folder.resolve(location).normalize();
    } catch (InvalidPathException e) {
      throw wrong(tensor, "'" + location + "' is not a path");
    }
    if (location.isEmpty() || !file.startsWith(folder) || file.equals(folder)) {
      throw wrong(tensor, "'" + location + "' lies outside of the model's folder");
    }
    if (!Files.isRegularFile(file)) {
      throw wrong(tensor, "no file '" + location + "' beside the model");
    }
    if (!file.toRealPath().startsWith(folder)) {
      throw wrong(tensor, "'" + location + "' is a link out of the model's folder");
    }
    return file;
  }

  private long number(TensorProto tensor, Map<String, String> entries, String key, long otherwise) {
    String text = entries.get(key);
    if (text == null) {
      return otherwise;
    }
    try {
      long value = Long.parseLong(text);
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw wrong(tensor, key + " '" + text + "' is not a number of bytes");
  }

  private static ByteString read(Path file, long offset, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    try (FileChannel channel = FileChannel.open(file)) {
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, offset + bytes.position()) < 0) {
          throw new EOFException(file + " was truncated while it was read");
        }
      }
    }
    return UnsafeByteOperations.unsafeWrap(bytes.flip());
  }

  private InvalidInputException wrong(TensorProto tensor, String what) {
    return new InvalidInputException(
        model + ": external data of tensor '" + tensor.getName() + "': " + what);
  }
}
