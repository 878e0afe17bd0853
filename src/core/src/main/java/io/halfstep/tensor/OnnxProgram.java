package io.halfstep.tensor;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.ExecutionMode;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import ai.onnxruntime.TensorInfo;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * A model that ONNX Runtime executes on the CPU.
 *
 * <p>Many threads may {@link #run} one program at the same time; the same inputs give the same
 * bits. Close it when no run is in progress.
 */
public final class OnnxProgram implements AutoCloseable {
  /** How much ONNX Runtime may rewrite the graph. */
  public enum Optimization {
    NONE,
    BASIC,
    EXTENDED,
    ALL
  }

  /**
   * Execution settings.
   *
   * @param threads the threads for one operator; with 1, only the calling thread works
   * @param optimization how much the graph may be rewritten
   */
  public record Options(int threads, Optimization optimization) {
    /** The calling thread only, all optimizations. */
    public static final Options DEFAULT = new Options(1, Optimization.ALL);
  }

  /**
   * An input or output.
   *
   * @param name its name
   * @param type the type of its elements; null if it is not a tensor (a sequence, a map) or is a
   *     tensor of strings
   * @param shape its dimensions, −1 where unknown; empty for scalars and if the rank is unknown
   */
  public record Port(String name, @Nullable ElementType type, List<Long> shape) {}

  private static final OrtEnvironment ENVIRONMENT = environment();
  private static final AtomicInteger OPEN = new AtomicInteger();

  private final OrtSession session;
  private final List<Port> inputs;
  private final List<Port> outputs;

  private OnnxProgram(OrtSession session) throws OrtException {
    this.session = session;
    this.inputs = ports(session.getInputInfo().values());
    this.outputs = ports(session.getOutputInfo().values());
    OPEN.incrementAndGet();
  }

  /** Returns the number of programs that are loaded and not closed. */
  public static int open() {
    return OPEN.get();
  }

  /**
   * Loads a serialized model.
   *
   * @throws OnnxRuntimeException if ONNX Runtime refuses it
   */
  public static OnnxProgram load(byte[] model) {
    return load(model, Options.DEFAULT);
  }

  /**
   * Loads a serialized model.
   *
   * @throws OnnxRuntimeException if ONNX Runtime refuses it
   */
  public static OnnxProgram load(byte[] model, Options options) {
    return open(options, settings -> ENVIRONMENT.createSession(model, settings));
  }

  /**
   * Loads a model file; ONNX Runtime itself finds external data beside it.
   *
   * @throws OnnxRuntimeException if ONNX Runtime refuses it
   */
  public static OnnxProgram load(Path file, Options options) {
    return open(options, settings -> ENVIRONMENT.createSession(file.toString(), settings));
  }

  @FunctionalInterface
  private interface Opening {
    OrtSession with(SessionOptions settings) throws OrtException;
  }

  @SuppressWarnings("MustBeClosedChecker") // the program owns the session and closes it
  private static OnnxProgram open(Options options, Opening opening) {
    try (SessionOptions settings = new SessionOptions()) {
      settings.setIntraOpNumThreads(options.threads());
      settings.setInterOpNumThreads(1);
      settings.setExecutionMode(ExecutionMode.SEQUENTIAL);
      settings.addConfigEntry("session.intra_op.allow_spinning", "0");
      settings.addConfigEntry("session.inter_op.allow_spinning", "0");
      settings.setDeterministicCompute(true);
      // An arena per session would hold the peak memory of all stages at the same time.
      settings.setCPUArenaAllocator(false);
      settings.setMemoryPatternOptimization(false);
      settings.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      settings.setOptimizationLevel(
          switch (options.optimization()) {
            case NONE -> OptLevel.NO_OPT;
            case BASIC -> OptLevel.BASIC_OPT;
            case EXTENDED -> OptLevel.EXTENDED_OPT;
            case ALL -> OptLevel.ALL_OPT;
          });
      OrtSession session = opening.with(settings);
      try {
        return new OnnxProgram(session);
      } catch (OrtException | RuntimeException e) {
        session.close();
        throw e;
      }
    } catch (OrtException e) {
      throw new OnnxRuntimeException(e);
    }
  }

  /** Returns the inputs in the model's order. */
  public List<Port> inputs() {
    return inputs;
  }

  /** Returns the outputs in the model's order. */
  public List<Port> outputs() {
    return outputs;
  }

  public List<String> inputNames() {
    return inputs.stream().map(Port::name).toList();
  }

  public List<String> outputNames() {
    return outputs.stream().map(Port::name).toList();
  }

  /**
   * Computes all outputs.
   *
   * @param inputs a tensor for each input
   * @return the outputs by name, in the model's order
   * @throws OnnxRuntimeException if the inputs don't fit the model, or an operator fails
   */
  public Map<String, Tensor> run(Map<String, Tensor> inputs) {
    return run(inputs, outputNames());
  }

  /**
   * Computes some outputs.
   *
   * @param inputs a tensor for each input
   * @param outputs the names of the wanted outputs
   * @return these outputs by name, in the given order
   * @throws OnnxRuntimeException if the inputs don't fit the model, or an operator fails
   */
  public Map<String, Tensor> run(Map<String, Tensor> inputs, Collection<String> outputs) {
    if (outputs.isEmpty()) {
      return Map.of();
    }
    Set<String> wanted = new LinkedHashSet<>(outputs);
    Map<String, OnnxTensor> fed = new HashMap<>();
    try (StagingBuffer staging = StagingBuffer.acquire(inputs.values())) {
      try {
        for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
          fed.put(input.getKey(), staging.feed(ENVIRONMENT, input.getValue()));
        }
        try (OrtSession.Result result = session.run(fed, wanted)) {
          Map<String, Tensor> tensors = new LinkedHashMap<>();
          for (String name : wanted) {
            tensors.put(name, fetch(name, result.get(name).orElseThrow()));
          }
          return tensors;
        }
      } finally {
        fed.values().forEach(OnnxTensor::close);
      }
    } catch (OrtException e) {
      throw new OnnxRuntimeException(e, inputs);
    }
  }

  /**
   * Computes one output.
   *
   * @throws OnnxRuntimeException if the inputs don't fit the model, or an operator fails
   */
  public Tensor run(Map<String, Tensor> inputs, String output) {
    return run(inputs, List.of(output)).values().iterator().next();
  }

  @Override
  public void close() {
    try {
      session.close();
      OPEN.decrementAndGet();
    } catch (OrtException e) {
      throw new OnnxRuntimeException(e);
    }
  }

  private static Tensor fetch(String name, OnnxValue value) {
    ElementType type = value instanceof OnnxTensor tensor ? elementType(tensor.getInfo()) : null;
    if (type == null) {
      throw new OnnxRuntimeException("output '" + name + "' is not a tensor of numbers");
    }
    OnnxTensor tensor = (OnnxTensor) value;
    long[] shape = tensor.getInfo().getShape();
    if (Tensor.elements(shape) == 0) {
      return Tensor.zeros(type, shape);
    }
    // The getters copy into a new array on the heap, which the tensor takes over.
    Object data =
        switch (type) {
          case FLOAT -> tensor.getFloatBuffer().array();
          case DOUBLE -> tensor.getDoubleBuffer().array();
          case INT64, UINT64 -> tensor.getLongBuffer().array();
          case INT32, UINT32 -> tensor.getIntBuffer().array();
          case INT16, UINT16, FLOAT16, BFLOAT16 -> tensor.getShortBuffer().array();
          case INT8, UINT8, BOOL -> tensor.getByteBuffer().array();
        };
    return Tensor.of(type, data, shape);
  }

  private static List<Port> ports(Collection<NodeInfo> infos) {
    return infos.stream()
        .map(
            node ->
                node.getInfo() instanceof TensorInfo tensor
                    ? new Port(
                        node.getName(),
                        elementType(tensor),
                        Arrays.stream(tensor.getShape()).boxed().toList())
                    : new Port(node.getName(), null, List.of()))
        .toList();
  }

  private static OrtEnvironment environment() {
    String folder = "onnxruntime.native.path";
    if (System.getProperty(folder) == null) {
      Path libraries = libraries();
      if (libraries != null) {
        System.setProperty(folder, libraries.toString());
      }
    }
    return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "halfstep");
  }

  /**
   * Returns the folder with ONNX Runtime's unpacked libraries; null: ONNX Runtime unpacks them
   * itself.
   */
  private static @Nullable Path libraries() {
    String platform =
        Loader.getPlatform()
            .replace("macosx", "osx")
            .replace("windows", "win")
            .replace("x86_64", "x64")
            .replace("arm64", "aarch64");
    String resources = "/ai/onnxruntime/native/" + platform + "/";
    String runtime = System.mapLibraryName("onnxruntime");
    String binding = System.mapLibraryName("onnxruntime4j_jni");
    return NativeCache.folder(resources + runtime, runtime) == null
        ? null
        : NativeCache.folder(resources + binding, binding);
  }

  private static @Nullable ElementType elementType(TensorInfo info) {
    String name = info.onnxType.name().substring("ONNX_TENSOR_ELEMENT_DATA_TYPE_".length());
    return Arrays.stream(ElementType.values())
        .filter(type -> type.name().equals(name))
        .findFirst()
        .orElse(null);
  }
}
