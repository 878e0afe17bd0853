package io.halfstep.model;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.InvalidProtocolBufferException;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.statistics.BatchNormStatistics;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** An ONNX model in memory, complete: external data are loaded into it. Immutable. */
public final class Model {
  /** The operator sets that ONNX Runtime takes: of those before 7, it lacks operators. */
  static final int OLDEST_OPSET = 7;

  static final int NEWEST_OPSET = 23;

  private final Path path;
  private final ModelProto proto;
  private final Map<String, BatchNormStatistics> batchNorms;

  private Model(Path path, ModelProto proto, Map<String, BatchNormStatistics> batchNorms) {
    this.path = path;
    this.proto = proto;
    this.batchNorms = Map.copyOf(batchNorms);
  }

  /**
   * Reads a model file and its external data.
   *
   * @throws InvalidInputException if it is not a model, is truncated, or refers to data that are
   *     missing or outside its folder
   */
  public static Model read(Path path) {
    if (Files.isDirectory(path)) {
      throw new InvalidInputException(path + ": is a folder, expected an ONNX file");
    }
    try {
      if (Files.size(path) == 0) {
        throw new InvalidInputException(path + ": the file is empty, expected an ONNX model");
      }
      ModelProto proto = parse(path);
      check(path, proto);
      return of(
          path, proto.toBuilder().setGraph(ExternalData.load(path, proto.getGraph())).build());
    } catch (NoSuchFileException e) {
      throw new InvalidInputException(path + ": no such file", e);
    } catch (IOException e) {
      throw new InvalidInputException(path + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a model that has no external data; does not close the stream.
   *
   * @throws InvalidInputException if it can't be read, is not a model, or has external data
   */
  public static Model read(InputStream in) {
    Path name = Path.of("model");
    try {
      ModelProto proto = parse(name, in);
      ExternalData.requireNone(name, proto.getGraph());
      return of(name, proto);
    } catch (IOException e) {
      throw new InvalidInputException(name + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a model file without its external data.
   *
   * @throws InvalidInputException if it can't be read or is not a model
   */
  public static ModelProto withoutExternalData(Path path) {
    try {
      return parse(path);
    } catch (IOException e) {
      throw new InvalidInputException(path + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Makes a model of a message in memory.
   *
   * @param path its name in messages
   * @throws InvalidInputException if it has no graph, no nodes, no inputs or no outputs, is of an
   *     operator set that is not supported, or is malformed
   */
  public static Model of(Path path, ModelProto proto) {
    check(path, proto);
    try {
      WellFormed.check(proto);
    } catch (InvalidInputException e) {
      throw new InvalidInputException(path + ": " + e.getMessage(), e);
    }
    return new Model(path, proto, Map.of());
  }

  /**
   * Returns this model with another message.
   *
   * @param statistics of {@link #batchNorms}; those of tensors that it does not make are dropped
   * @throws InvalidInputException as {@link #of}
   */
  public Model changed(ModelProto other, Map<String, BatchNormStatistics> statistics) {
    Map<String, BatchNormStatistics> kept = new HashMap<>(statistics);
    kept.keySet()
        .retainAll(
            other.getGraph().getNodeList().stream()
                .flatMap(node -> node.getOutputList().stream())
                .collect(Collectors.toSet()));
    return new Model(path, of(path, other).proto, kept);
  }

  private static ModelProto parse(Path path) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
      return parse(path, in);
    }
  }

  private static ModelProto parse(Path path, InputStream in) throws IOException {
    try {
      return ModelProto.parseFrom(in);
    } catch (InvalidProtocolBufferException e) {
      boolean cut = e.getMessage() != null && e.getMessage().contains("ended unexpectedly");
      throw new InvalidInputException(
          path
              + (cut
                  ? ": the file ends in the middle of a field; it was cut short, or is not an ONNX"
                      + " model"
                  : ": is not an ONNX model"),
          e);
    }
  }

  private static void check(Path path, ModelProto proto) {
    GraphProto graph = proto.getGraph();
    if (!proto.hasGraph()) {
      throw new InvalidInputException(path + ": is not an ONNX model, it has no graph");
    }
    if (graph.getNodeCount() == 0) {
      throw new InvalidInputException(path + ": the graph has no nodes");
    }
    if (graph.getOutputCount() == 0) {
      throw new InvalidInputException(path + ": the graph has no outputs");
    }
    long opset = opset(proto);
    if (opset < OLDEST_OPSET || opset > NEWEST_OPSET) {
      throw new InvalidInputException(
          "%s: operator set %s; supported are %d to %d"
              .formatted(path, opset == 0 ? "not given" : opset, OLDEST_OPSET, NEWEST_OPSET));
    }
  }

  private static long opset(ModelProto proto) {
    return proto.getOpsetImportList().stream()
        .filter(set -> set.getDomain().isEmpty() || set.getDomain().equals("ai.onnx"))
        .mapToLong(OperatorSetIdProto::getVersion)
        .findFirst()
        .orElse(0);
  }

  /** Returns the file it was read from, for messages. */
  public Path path() {
    return path;
  }

  public ModelProto proto() {
    return proto;
  }

  /** Returns what folded batch norms tell of the tensors that they made; not part of any file. */
  public Map<String, BatchNormStatistics> batchNorms() {
    return batchNorms;
  }

  /**
   * Returns the number of elements of all floating-point constants, those in bodies included. A
   * tensor that several nodes read counts once.
   */
  public long parameters() {
    return Constants.of(proto.getGraph()).stream().mapToLong(Constants::elements).sum();
  }

  /** Returns the version of ONNX's operator set that the model uses. */
  public long opset() {
    return opset(proto);
  }

  /**
   * Returns a model with the same float function in the form that is quantized: constants are
   * computed, batch norms are folded into the layers before them ([W] §2.3.1), no layers share a
   * weight or bias, and unused nodes are removed. Inputs with a default value become constants.
   * {@link #batchNorms} tells what the folded batch norms knew.
   *
   * @throws InvalidInputException if the graph is malformed
   */
  public Model folded() {
    return Folding.fold(this);
  }

  /** Returns a model that computes these of its tensors from the same inputs. */
  public Model computing(Collection<String> tensors) {
    ModelProto.Builder part = proto.toBuilder();
    GraphProto.Builder graph = part.getGraphBuilder().clearOutput();
    tensors.forEach(name -> graph.addOutput(ValueInfoProto.newBuilder().setName(name)));
    GraphDraft draft = new GraphDraft(of(path, part.build()));
    draft.prune();
    return draft.model();
  }

  /**
   * An input or output: a shape's unknown or symbolic dimensions are −1; {@code shape} is empty if
   * it is unknown. The element type is 0 if the value is not a tensor.
   */
  public record Port(String name, int onnxElementType, List<Long> shape) {
    private static Port of(ValueInfoProto info) {
      TypeProto.Tensor type = info.getType().getTensorType();
      return new Port(
          info.getName(),
          type.getElemType(),
          type.getShape().getDimList().stream()
              .map(d -> d.hasDimValue() ? d.getDimValue() : -1L)
              .toList());
    }
  }

  /** Returns the inputs that are not initializers. */
  public List<Port> inputs() {
    Set<String> initializers =
        proto.getGraph().getInitializerList().stream()
            .map(TensorProto::getName)
            .collect(Collectors.toSet());
    return proto.getGraph().getInputList().stream()
        .filter(input -> !initializers.contains(input.getName()))
        .map(Port::of)
        .toList();
  }

  /**
   * Returns the axis of an input that counts samples: the one with the same symbolic size as the
   * first axis of the first input that has one there, else the first; −1 for a scalar.
   */
  public int batchAxis(String input) {
    String symbol = "";
    for (ValueInfoProto info : proto.getGraph().getInputList()) {
      TypeProto.Tensor type = info.getType().getTensorType();
      List<TensorShapeProto.Dimension> dims = type.getShape().getDimList();
      if (symbol.isEmpty() && !dims.isEmpty()) {
        symbol = dims.get(0).getDimParam();
      }
      if (info.getName().equals(input) && type.hasShape()) {
        if (dims.isEmpty()) {
          return -1;
        }
        for (int i = 0; i < dims.size(); i++) {
          if (!symbol.isEmpty() && dims.get(i).getDimParam().equals(symbol)) {
            return i;
          }
        }
      }
    }
    return 0;
  }

  public List<Port> outputs() {
    return proto.getGraph().getOutputList().stream().map(Port::of).toList();
  }
}
