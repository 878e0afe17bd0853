package io.halfstep.export;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Runs models in ONNX Runtime. */
public final class Execution {
  static final List<OptLevel> LEVELS =
      List.of(OptLevel.NO_OPT, OptLevel.BASIC_OPT, OptLevel.EXTENDED_OPT, OptLevel.ALL_OPT);

  private Execution() {}

  /** Runs with normally distributed inputs of the shapes that the model declares. */
  public static Map<String, double[]> run(ModelProto model, OptLevel level) {
    return run(model, level, inputs(model));
  }

  /** Normally distributed inputs of the shapes that the model declares. */
  static Map<String, float[]> inputs(ModelProto model) {
    Map<String, float[]> inputs = new LinkedHashMap<>();
    for (ValueInfoProto input : model.getGraph().getInputList()) {
      int size = 1;
      for (long dim : shape(input)) {
        size *= (int) dim;
      }
      inputs.put(input.getName(), TinyModel.gaussian(size, 7));
    }
    return inputs;
  }

  /** Every output's elements as reals, in order. */
  public static Map<String, double[]> run(
      ModelProto model, OptLevel level, Map<String, float[]> inputs) {
    try (OrtSession.SessionOptions options = options(level)) {
      return run(model, options, inputs);
    } catch (OrtException e) {
      throw new AssertionError(e.getMessage(), e);
    }
  }

  /** Every output's elements as reals, in order. */
  public static Map<String, double[]> run(
      ModelProto model, OrtSession.SessionOptions options, Map<String, float[]> inputs) {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
    try {
      try (OrtSession session = environment.createSession(model.toByteArray(), options)) {
        for (ValueInfoProto input : model.getGraph().getInputList()) {
          float[] values = Objects.requireNonNull(inputs.get(input.getName()));
          long[] shape = shape(input, values.length);
          tensors.put(
              input.getName(),
              OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), shape));
        }
        Map<String, double[]> outputs = new LinkedHashMap<>();
        try (OrtSession.Result result = session.run(tensors)) {
          for (Map.Entry<String, OnnxValue> output : result) {
            outputs.put(output.getKey(), reals((OnnxTensor) output.getValue()));
          }
        }
        return outputs;
      }
    } catch (OrtException e) {
      throw new AssertionError(e.getMessage(), e);
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // the caller closes it
  static OrtSession.SessionOptions options(OptLevel level) throws OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setOptimizationLevel(level);
    options.setIntraOpNumThreads(1);
    // a 4-bit MatMul by blocks otherwise rounds its input to 8 bits
    options.addConfigEntry("session.qdq_matmulnbits_accuracy_level", "1");
    return options;
  }

  private static double[] reals(OnnxTensor tensor) {
    switch (tensor.getInfo().type) {
      case FLOAT -> {
        FloatBuffer buffer = tensor.getFloatBuffer();
        double[] reals = new double[buffer.remaining()];
        for (int i = 0; i < reals.length; i++) {
          reals[i] = buffer.get(i);
        }
        return reals;
      }
      case DOUBLE -> {
        double[] reals = new double[tensor.getDoubleBuffer().remaining()];
        tensor.getDoubleBuffer().get(reals);
        return reals;
      }
      case INT64 -> {
        long[] longs = new long[tensor.getLongBuffer().remaining()];
        tensor.getLongBuffer().get(longs);
        return Arrays.stream(longs).asDoubleStream().toArray();
      }
      default -> throw new AssertionError("output of type " + tensor.getInfo().type);
    }
  }

  /** An input's shape; where the first dimension is open, so many elements tell it. */
  static long[] shape(ValueInfoProto input, int elements) {
    long[] shape = shape(input);
    int known = 1;
    for (int i = 1; i < shape.length; i++) {
      known *= (int) shape[i];
    }
    if (shape.length > 0 && shape[0] <= 0) {
      shape[0] = elements / known;
    }
    return shape;
  }

  private static long[] shape(ValueInfoProto info) {
    return info.getType().getTensorType().getShape().getDimList().stream()
        .mapToLong(d -> d.getDimValue())
        .toArray();
  }
}
