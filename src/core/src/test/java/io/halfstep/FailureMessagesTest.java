package io.halfstep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.Plan;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A failure is one line that names the node, what it holds or gets, and a remedy. */
class FailureMessagesTest {
  private static final Path CASES = Path.of("src/core/src/test/resources/cases");
  private static final Plan FLOAT_ACTIVATIONS =
      Plan.DEFAULT.toBuilder().weightBits(8).activationBits(0).build();

  private final Path folder;
  private final Path data;

  FailureMessagesTest(@TempDir Path folder) {
    this.folder = folder;
    this.data = NpyFiles.write(folder.resolve("x.npy"), Tensor.zeros(ElementType.FLOAT, 6, 4));
  }

  private static void fails(Path model, Path data, String... says) {
    Throwable failure =
        catchThrowable(() -> Quantization.of(model).data(data.toString()).plan(Plan.DEFAULT).run());
    assertThat(failure)
        .hasMessageContainingAll(says)
        .hasMessageNotContainingAny("akka://", "during creation", "onnxruntime_src", "\n");
  }

  private void fails(OnnxGraphs model, String... says) {
    fails(model.write(folder.resolve("model.onnx")), data, says);
  }

  private static OnnxGraphs linear() {
    return OnnxGraphs.opset(17)
        .input("x", -1, 4)
        .weight("w", 4, 4)
        .node("MatMul", "z", List.of("x", "w"));
  }

  @Test
  void aBiasThatIsNotFinite() throws Exception {
    Path model = CASES.resolve("bias_nan/model.onnx");
    Path samples = CASES.resolve("bias_nan/in0.npy");

    fails(
        model,
        samples,
        model + ": layer 'a' (Conv): its bias 'b' FLOAT[6] holds NaN at [",
        "leave activations in float");
    assertThat(
            Quantization.of(model)
                .data(samples.toString())
                .plan(FLOAT_ACTIVATIONS)
                .run()
                .network()
                .layers())
        .hasSize(1);
  }

  @Test
  void aWeightThatIsNotFinite() {
    fails(
        OnnxGraphs.opset(17)
            .input("x", -1, 4)
            .initializer("w", Tensor.of(new float[] {0, 1, Float.NEGATIVE_INFINITY, 2}, 4, 1))
            .node("MatMul", "y", List.of("x", "w"))
            .output("y"),
        "layer 'y' (MatMul): its weight 'w' FLOAT[4, 1] holds -Infinity at [2, 0]");
  }

  @Test
  void aConvolutionWithoutChannels() {
    Path model = CASES.resolve("conv_zero_out_channels/model.onnx");
    fails(
        model,
        CASES.resolve("conv_zero_out_channels/in0.npy"),
        model + ": node 'z' (Conv): its weight 'w0' has shape [0, 4, 1, 1]",
        "remove the node");
  }

  @Test
  void anOperatorThatFails() {
    fails(
        linear().integers("shape", 5, 5).node("Reshape", "y", List.of("z", "shape")).output("y"),
        "stage operators-1, batch 0: node 'y' (Reshape): ",
        "its inputs: z FLOAT[6, 4]",
        "'halfstep evaluate'");
  }

  @Test
  void anOperatorWithoutAKernel() {
    fails(
        linear()
            .node("Cast", "d", List.of("z"), OnnxGraphs.integer("to", ElementType.BFLOAT16.onnx()))
            .node("Relu", "r", List.of("d"))
            .node("Cast", "y", List.of("r"), OnnxGraphs.integer("to", ElementType.FLOAT.onnx()))
            .output("y"),
        "ONNX Runtime refuses the model: node 'r' (Relu): Could not find an implementation",
        "export the model with another operator set");
  }

  @Test
  void anOperatorOnAnotherType() {
    fails(
        linear()
            .node("Cast", "d", List.of("z"), OnnxGraphs.integer("to", ElementType.INT8.onnx()))
            .node("Cos", "y", List.of("d"))
            .output("y", ElementType.INT8),
        "ONNX Runtime refuses the model: node 'y' (Cos): Type Error: Type 'tensor(int8)'");
  }

  @Test
  void anOperatorWithTooFewInputs() {
    fails(
        linear().node("Where", "y", List.of("z")).output("y"),
        "ONNX Runtime refuses the model: node 'y' (Where): ");
  }

  @Test
  void anInputOfStrings() {
    String strings = "input 's' is a tensor of type STRING";
    fails(withStrings().node("Identity", "y", List.of("z")).output("y"), strings, "no node reads");
    fails(
        withStrings()
            .node("StringNormalizer", "t", List.of("s"))
            .node("Identity", "y", List.of("z"))
            .output("y"),
        strings);
  }

  private static OnnxGraphs withStrings() {
    return linear()
        .input(
            ValueInfoProto.newBuilder()
                .setName("s")
                .setType(
                    TypeProto.newBuilder()
                        .setTensorType(
                            TypeProto.Tensor.newBuilder().setElemType(DataType.STRING_VALUE)))
                .build());
  }
}
