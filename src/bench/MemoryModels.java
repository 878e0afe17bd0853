import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Writes a model with random weights, and samples for it, whose calibration takes much memory:
 *
 * <ul>
 *   <li>{@code text MODEL SAMPLES COUNT}: a recognizer of lines of text, 3 × 48 × 320, in the form
 *       that is common: a convolutional backbone, two transformer blocks, 6625 scores for each of 80
 *       positions; 11 MB.
 *   <li>{@code wide MODEL SAMPLES COUNT BLOCKS}: residual blocks of one layer of 2048 × 2048, 16 MiB
 *       of external data each, on a stream of 16 × 2048.
 *   <li>{@code resnet18 MODEL SAMPLES COUNT}: ResNet-18 (He et al. 2016, table 1), of images of 3 ×
 *       224 × 224; 47 MB.
 * </ul>
 */
final class MemoryModels {
  private final Random random = new Random(1);
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("memory");
  private final OutputStream external;
  private final String location;
  private long offset;
  private int names;

  private MemoryModels(OutputStream external, String location) {
    this.external = external;
    this.location = location;
  }

  public static void main(String[] args) throws IOException {
    Path model = Path.of(args[1]);
    Path data = Path.of(args[1] + ".data");
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(data))) {
      MemoryModels made = new MemoryModels(out, data.getFileName().toString());
      switch (args[0]) {
        case "text" -> made.textRecognizer();
        case "wide" -> made.wideBlocks(Integer.parseInt(args[4]));
        case "resnet18" -> made.resnet18();
        default -> throw new IllegalArgumentException(args[0]);
      }
      ModelProto proto =
          ModelProto.newBuilder()
              .setIrVersion(8)
              .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
              .setGraph(made.graph)
              .build();
      Files.write(model, proto.toByteArray());
    }
    long[] sample =
        switch (args[0]) {
          case "text" -> new long[] {3, 48, 320};
          case "wide" -> new long[] {16, 2048};
          default -> new long[] {3, 224, 224};
        };
    samples(Path.of(args[2]), Integer.parseInt(args[3]), sample);
  }

  private void textRecognizer() throws IOException {
    graph.addInput(port("image", -1, 3, 48, 320));
    String x = relu(convolution("image", 3, 32, 3, 1, 2, 2));
    int[][] blocks = {
      {32, 64, 1, 1}, {64, 64, 1, 1}, {64, 128, 2, 1}, {128, 128, 1, 1}, {128, 256, 2, 2},
      {256, 256, 1, 1}, {256, 256, 1, 1}, {256, 512, 2, 1}, {512, 512, 1, 1}
    };
    for (int[] block : blocks) {
      x = relu(convolution(x, block[0], block[0], 3, block[0], block[2], block[3]));
      x = relu(convolution(x, block[0], block[1], 1, 1, 1, 1));
    }
    x = node("ReduceMean", List.of(x), ints("axes", 2), integer("keepdims", 0));
    x = node("Transpose", List.of(x), ints("perm", 0, 2, 1));
    x = product(x, 512, 192);
    for (int i = 0; i < 2; i++) {
      x = transformer(x, 192);
    }
    x = product(x, 192, 6625);
    NodeProto last = graph.getNode(graph.getNodeCount() - 1);
    graph.setNode(graph.getNodeCount() - 1, last.toBuilder().setOutput(0, "logits"));
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType("Softmax")
            .addInput("logits")
            .addOutput("scores")
            .addAttribute(integer("axis", 2)));
    graph.addOutput(port("scores", -1, 80, 6625));
  }

  private String transformer(String x, int width) throws IOException {
    String q = product(x, width, width);
    String k = node("Transpose", List.of(product(x, width, width)), ints("perm", 0, 2, 1));
    String v = product(x, width, width);
    String attention = node("Softmax", List.of(node("MatMul", List.of(q, k))), integer("axis", 2));
    String seen = product(node("MatMul", List.of(attention, v)), width, width);
    String sum = node("Add", List.of(x, seen));
    String hidden = relu(product(sum, width, 4 * width));
    return node("Add", List.of(sum, product(hidden, 4 * width, width)));
  }

  private void wideBlocks(int blocks) throws IOException {
    graph.addInput(port("tokens", -1, 16, 2048));
    String x = "tokens";
    for (int i = 0; i < blocks; i++) {
      x = node("Add", List.of(x, relu(product(x, 2048, 2048))));
    }
    graph.addNode(
        NodeProto.newBuilder().setOpType("Identity").addInput(x).addOutput("features"));
    graph.addOutput(port("features", -1, 16, 2048));
  }

  private void resnet18() throws IOException {
    graph.addInput(port("image", -1, 3, 224, 224));
    String x = relu(convolution("image", 3, 64, 7, 1, 2, 2));
    x =
        node(
            "MaxPool",
            List.of(x),
            ints("kernel_shape", 3, 3),
            ints("strides", 2, 2),
            ints("pads", 1, 1, 1, 1));
    int[] widths = {64, 64, 64, 128, 128, 256, 256, 512, 512};
    for (int i = 1; i < widths.length; i++) {
      x = residual(x, widths[i - 1], widths[i]);
    }
    x = node("Flatten", List.of(node("GlobalAveragePool", List.of(x))));
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType("MatMul")
            .addAllInput(List.of(x, weight(512, 512, 1000)))
            .addOutput("logits"));
    graph.addOutput(port("logits", -1, 1000));
  }

  /** A basic block; one that widens the stream halves its resolution. */
  private String residual(String x, int in, int out) throws IOException {
    int stride = in == out ? 1 : 2;
    String inner = relu(convolution(x, in, out, 3, 1, stride, stride));
    String branch = convolution(inner, out, out, 3, 1, 1, 1);
    String skip = in == out ? x : convolution(x, in, out, 1, 1, stride, stride);
    return relu(node("Add", List.of(skip, branch)));
  }

  private String convolution(
      String x, int in, int out, int size, int groups, int strideY, int strideX)
      throws IOException {
    int pad = size / 2;
    String weight = weight(in / groups * size * size, out, in / groups, size, size);
    return node(
        "Conv",
        List.of(x, weight),
        ints("pads", pad, pad, pad, pad),
        ints("strides", strideY, strideX),
        integer("group", groups));
  }

  private String product(String x, int in, int out) throws IOException {
    return node("MatMul", List.of(x, weight(in, in, out)));
  }

  private String relu(String x) {
    return node("Relu", List.of(x));
  }

  private String node(String op, List<String> inputs, AttributeProto... attributes) {
    String output = op.toLowerCase(java.util.Locale.ROOT) + names++;
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType(op)
            .setName(output)
            .addAllInput(inputs)
            .addOutput(output)
            .addAllAttribute(Arrays.asList(attributes)));
    return output;
  }

  private String weight(int fanIn, long... shape) throws IOException {
    int size = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    ByteBuffer bytes = ByteBuffer.allocate(4 * size).order(ByteOrder.LITTLE_ENDIAN);
    float scale = (float) Math.sqrt(6.0 / fanIn);
    for (int i = 0; i < size; i++) {
      bytes.putFloat(scale * (2 * random.nextFloat() - 1));
    }
    external.write(bytes.array());
    String name = "weight" + names++;
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(1)
            .setDataLocation(DataLocation.EXTERNAL)
            .addExternalData(entry("location", location))
            .addExternalData(entry("offset", Long.toString(offset)))
            .addExternalData(entry("length", Long.toString(bytes.capacity())));
    Arrays.stream(shape).forEach(tensor::addDims);
    graph.addInitializer(tensor);
    offset += bytes.capacity();
    return name;
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  private static AttributeProto ints(String name, long... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
    Arrays.stream(values).forEach(attribute::addInts);
    return attribute.build();
  }

  private static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  private static ValueInfoProto port(String name, long... dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long dim : dims) {
      TensorShapeProto.Dimension.Builder axis = TensorShapeProto.Dimension.newBuilder();
      shape.addDim(dim < 0 ? axis.setDimParam("N") : axis.setDimValue(dim));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(1).setShape(shape)))
        .build();
  }

  /** Writes normally distributed samples as a file of NumPy. */
  private static void samples(Path file, int count, long... shape) throws IOException {
    List<String> dims = new ArrayList<>(List.of(Integer.toString(count)));
    Arrays.stream(shape).forEach(dim -> dims.add(Long.toString(dim)));
    String header =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }"
            .formatted(String.join(", ", dims));
    header += " ".repeat(63 - (10 + header.length()) % 64) + "\n";
    Random random = new Random(2);
    int size = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      out.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
      out.write(new byte[] {(byte) header.length(), (byte) (header.length() >> 8)});
      out.write(header.getBytes(StandardCharsets.US_ASCII));
      ByteBuffer bytes = ByteBuffer.allocate(4 * size).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < count; i++) {
        bytes.clear();
        for (int j = 0; j < size; j++) {
          bytes.putFloat((float) random.nextGaussian());
        }
        out.write(bytes.array());
      }
    }
  }
}
