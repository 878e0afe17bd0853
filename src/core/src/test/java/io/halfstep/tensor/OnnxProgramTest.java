package io.halfstep.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OnnxProgramTest {
  private static final Path RESNET = Path.of("src/examples/fashion-mnist/resnet14.onnx");

  private static byte[] matMul() {
    return model(
        GraphProto.newBuilder()
            .setName("g")
            .addNode(
                NodeProto.newBuilder()
                    .setOpType("MatMul")
                    .addInput("a")
                    .addInput("b")
                    .addOutput("y"))
            .addInput(port("a", ElementType.FLOAT))
            .addInput(port("b", ElementType.FLOAT))
            .addOutput(ValueInfoProto.newBuilder().setName("y")));
  }

  private static byte[] model(GraphProto.Builder graph) {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
        .setGraph(graph)
        .build()
        .toByteArray();
  }

  private static ValueInfoProto port(String name, ElementType type) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type.onnx())))
        .build();
  }

  @Test
  void multipliesMatrices() {
    try (OnnxProgram program = OnnxProgram.load(matMul())) {
      Tensor a = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
      Tensor b = Tensor.of(new float[] {1, 0, 2}, 3, 1);

      Tensor y = program.run(Map.of("a", a, "b", b), "y");

      assertThat(y.shape()).containsExactly(2, 1);
      assertThat(y.floats()).containsExactly(7, 16);
    }
  }

  @Test
  void describesItsPorts() {
    try (OnnxProgram program = OnnxProgram.load(RESNET, Options.DEFAULT)) {
      assertThat(program.inputs())
          .containsExactly(
              new OnnxProgram.Port("image", ElementType.FLOAT, List.of(-1L, 1L, 28L, 28L)));
      assertThat(program.outputNames()).containsExactly("logits");
    }
  }

  @Test
  void gradesOfOptimizationAndThreadsAgree() {
    Tensor x = Tensor.of(noise(2 * 28 * 28), 2, 1, 28, 28);
    float[] expected = logits(Options.DEFAULT, x);
    for (Optimization optimization : Optimization.values()) {
      float[] actual = logits(new Options(2, optimization), x);
      for (int i = 0; i < expected.length; i++) {
        assertThat(actual[i]).isCloseTo(expected[i], within(1e-4f));
      }
    }
  }

  private static float[] logits(Options options, Tensor x) {
    try (OnnxProgram program = OnnxProgram.load(RESNET, options)) {
      return program.run(Map.of("image", x), "logits").floats();
    }
  }

  @Test
  void manyThreadsGetTheSameBitsAsOne() {
    try (OnnxProgram program = OnnxProgram.load(RESNET, Options.DEFAULT)) {
      List<Tensor> inputs =
          IntStream.range(0, 16)
              .mapToObj(i -> Tensor.of(noise((1 + i % 3) * 784), 1 + i % 3, 1, 28, 28))
              .toList();
      List<float[]> alone =
          inputs.stream().map(x -> program.run(Map.of("image", x), "logits").floats()).toList();
      List<float[]> together =
          inputs.parallelStream()
              .map(x -> program.run(Map.of("image", x), "logits").floats())
              .toList();
      for (int i = 0; i < alone.size(); i++) {
        assertThat(together.get(i)).containsExactly(alone.get(i));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ElementType.class,
      names = {"UINT16", "UINT32", "UINT64"},
      mode = EnumSource.Mode.EXCLUDE)
  void everyElementTypeGoesThrough(ElementType type) {
    byte[] identity =
        model(
            GraphProto.newBuilder()
                .setName("g")
                .addNode(NodeProto.newBuilder().setOpType("Identity").addInput("x").addOutput("y"))
                .addInput(port("x", type))
                .addOutput(port("y", type)));
    try (OnnxProgram program = OnnxProgram.load(identity)) {
      for (long[] shape : new long[][] {{}, {3}, {0, 2}, {2, 2}}) {
        Tensor x = Tensor.zeros(type, shape);
        fill(x.data());
        Tensor y = program.run(Map.of("x", x), "y");
        assertThat(y.type()).isEqualTo(type);
        assertThat(y.shape()).containsExactly(shape);
        assertThat(y.data()).isEqualTo(x.data());
      }
    }
  }

  private static void fill(Object array) {
    if (array instanceof byte[] bytes) {
      Arrays.fill(bytes, (byte) 1);
    } else if (array instanceof short[] shorts) {
      Arrays.fill(shorts, (short) 0x7C01);
    } else if (array instanceof int[] ints) {
      Arrays.fill(ints, -7);
    } else if (array instanceof long[] longs) {
      Arrays.fill(longs, Long.MIN_VALUE);
    } else if (array instanceof float[] floats) {
      Arrays.fill(floats, Float.MIN_VALUE);
    } else {
      Arrays.fill((double[]) array, Math.PI);
    }
  }

  @Test
  void inputsOfAllSizesAroundAPowerOfTwoFit() {
    try (OnnxProgram program = OnnxProgram.load(matMul())) {
      for (int k = 1; k < 600; k += 13) {
        float[] a = noise(k);
        float[] b = noise(k);
        Map<String, Tensor> inputs = Map.of("a", Tensor.of(a, 1, k), "b", Tensor.of(b, k, 1));
        double expected = IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
        assertThat(program.run(inputs, "y").floats()[0]).isCloseTo((float) expected, within(1e-3f));
      }
    }
  }

  @Test
  void aShapeThatDoesNotFitIsSaid() {
    try (OnnxProgram program = OnnxProgram.load(RESNET, Options.DEFAULT)) {
      Tensor wrong = Tensor.zeros(ElementType.FLOAT, 1, 3, 28, 28);
      assertThatThrownBy(() -> program.run(Map.of("image", wrong)))
          .isInstanceOf(OnnxRuntimeException.class)
          .hasMessageContaining("image")
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void anUnsignedInputThatCannotBeFedIsSaid() {
    try (OnnxProgram program = OnnxProgram.load(matMul())) {
      Tensor wrong = Tensor.zeros(ElementType.UINT32, 1, 1);
      assertThatThrownBy(() -> program.run(Map.of("a", wrong, "b", wrong)))
          .isInstanceOf(OnnxRuntimeException.class)
          .hasMessageContaining("UINT32");
    }
  }

  @Test
  void whatIsNoModelIsRefused() {
    assertThatThrownBy(() -> OnnxProgram.load("no model".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(OnnxRuntimeException.class)
        .hasMessageNotContaining("\n");
  }

  private static float[] noise(int n) {
    java.util.Random random = new java.util.Random(n);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
