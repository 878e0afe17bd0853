package io.halfstep.graph;

import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static io.halfstep.model.OnnxGraphs.real;
import static io.halfstep.model.OnnxGraphs.text;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import io.halfstep.model.Attributes;
import io.halfstep.model.Model;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.model.WeightLayout;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/** A layer as {@code W·x + b} gives the same results as ONNX Runtime's operator. */
class LayerMatrixTest {
  private static final int TRIES = 80;

  @Property(tries = TRIES)
  void convolutions(@ForAll long seed) {
    Random random = new Random(seed);
    int axes = 1 + random.nextInt(3);
    int groups = 1 + random.nextInt(3);
    int in = groups * (1 + random.nextInt(3));
    int out = groups * (1 + random.nextInt(3));
    long[] kernel = some(random, axes, 1, 4);
    long[] strides = some(random, axes, 1, 3);
    List<AttributeProto> attributes =
        new ArrayList<>(List.of(integer("group", groups), ints("strides", strides)));
    if (random.nextInt(3) == 0) {
      attributes.add(text("auto_pad", oneOf(random, "SAME_UPPER", "SAME_LOWER", "VALID")));
    } else {
      attributes.add(ints("dilations", some(random, axes, 1, 3)));
      attributes.add(ints("pads", some(random, 2 * axes, 0, 3)));
    }
    check(
        random,
        "Conv",
        shape(1 + random.nextInt(3), in, some(random, axes, 10, 16)),
        shape(out, in / groups, kernel),
        random.nextBoolean() ? new long[] {out} : null,
        attributes);
  }

  @Property(tries = TRIES)
  void transposedConvolutions(@ForAll long seed) {
    Random random = new Random(seed);
    int axes = 1 + random.nextInt(3);
    int groups = 1 + random.nextInt(3);
    int in = groups * (1 + random.nextInt(3));
    int outOfGroup = 1 + random.nextInt(3);
    long[] size = some(random, axes, 3, 7);
    long[] kernel = some(random, axes, 2, 4);
    long[] strides = some(random, axes, 1, 3);
    List<AttributeProto> attributes =
        new ArrayList<>(List.of(integer("group", groups), ints("strides", strides)));
    long[] outputPadding = LongStream.of(strides).map(s -> random.nextInt((int) s)).toArray();
    switch (random.nextInt(4)) {
      case 0 ->
          attributes.add(text("auto_pad", oneOf(random, "SAME_UPPER", "SAME_LOWER", "VALID")));
      case 1 -> {
        long[] outputShape = new long[axes];
        for (int d = 0; d < axes; d++) {
          outputShape[d] = (size[d] - 1) * strides[d] + kernel[d] - random.nextInt(2);
        }
        attributes.add(ints("output_shape", outputShape));
        attributes.add(text("auto_pad", oneOf(random, "SAME_UPPER", "SAME_LOWER")));
      }
      default -> {
        long[] dilations = some(random, axes, 1, 3);
        long[] pads = some(random, 2 * axes, 0, 2);
        for (int d = 0; d < axes; d++) {
          long whole = (size[d] - 1) * strides[d] + dilations[d] * (kernel[d] - 1) + 1;
          if (whole <= pads[d] + pads[axes + d]) { // nothing would be left
            pads[d] = 0;
            pads[axes + d] = 0;
          }
        }
        attributes.add(ints("dilations", dilations));
        attributes.add(ints("pads", pads));
        attributes.add(ints("output_padding", outputPadding));
      }
    }
    check(
        random,
        "ConvTranspose",
        shape(1 + random.nextInt(3), in, size),
        shape(in, outOfGroup, kernel),
        random.nextBoolean() ? new long[] {(long) outOfGroup * groups} : null,
        attributes);
  }

  @Property(tries = TRIES)
  void gemms(@ForAll long seed) {
    Random random = new Random(seed);
    int rows = 1 + random.nextInt(40);
    int k = 1 + random.nextInt(20);
    int out = 1 + random.nextInt(9);
    boolean transA = random.nextBoolean();
    boolean transB = random.nextBoolean();
    List<AttributeProto> attributes = new ArrayList<>();
    attributes.add(integer("transA", transA ? 1 : 0));
    attributes.add(integer("transB", transB ? 1 : 0));
    if (random.nextBoolean()) {
      attributes.add(real("alpha", random.nextFloat()));
      attributes.add(real("beta", random.nextFloat()));
    }
    long[][] biases = {null, {out}, {1, out}, {}, {1}, {1, 1}};
    check(
        random,
        "Gemm",
        transA ? new long[] {k, rows} : new long[] {rows, k},
        transB ? new long[] {out, k} : new long[] {k, out},
        biases[random.nextInt(biases.length)],
        attributes);
  }

  @Property(tries = TRIES)
  void matMuls(@ForAll long seed) {
    Random random = new Random(seed);
    int k = 1 + random.nextInt(20);
    int out = 1 + random.nextInt(9);
    long[] x =
        LongStream.concat(LongStream.of(some(random, random.nextInt(4), 1, 5)), LongStream.of(k))
            .toArray();
    long[] w = random.nextInt(4) == 0 ? new long[] {1, 1, k, out} : new long[] {k, out};
    check(random, "MatMul", x, w, null, List.of());
  }

  @Property(tries = TRIES)
  void matMulsWithStacks(@ForAll long seed) {
    Random random = new Random(seed);
    int k = 1 + random.nextInt(20);
    int out = 1 + random.nextInt(9);
    long[] stack = some(random, 1 + random.nextInt(3), 1, 4);
    long[] x = some(random, 2 + random.nextInt(4), 1, 5);
    x[x.length - 1] = k;
    for (int i = 1; i <= Math.min(stack.length, x.length - 2); i++) {
      long several = stack[stack.length - i];
      if (several > 1) {
        x[x.length - 2 - i] = random.nextBoolean() ? several : 1;
      }
    }
    long[] w = Arrays.copyOf(stack, stack.length + 2);
    w[stack.length] = k;
    w[stack.length + 1] = out;
    checkStack(random, x, w);
  }

  @Example
  void largeEnoughForManyThreads() {
    check(
        new Random(1),
        "Conv",
        new long[] {3, 16, 28, 28},
        new long[] {16, 16, 3, 3},
        new long[] {16},
        List.of(ints("pads", 1, 1, 1, 1)));
    check(
        new Random(1),
        "Conv",
        new long[] {3, 16, 28, 28},
        new long[] {16, 16, 1, 1},
        null,
        List.of());
  }

  private static void check(
      Random random,
      String op,
      long[] inputShape,
      long[] weightShape,
      long @Nullable [] biasShape,
      List<AttributeProto> attributes) {
    OnnxGraphs graph = OnnxGraphs.opset(17).input("in", inputShape).weight("w", weightShape);
    List<String> inputs = new ArrayList<>(List.of("in", "w"));
    if (biasShape != null) {
      graph.weight("b", biasShape);
      inputs.add("b");
    }
    graph.node(op, "out", inputs, attributes.toArray(AttributeProto[]::new)).output("out");
    Tensor x = Tensor.of(noise(random, Tensor.elements(inputShape)), inputShape);
    Tensor expected =
        StageGraphRunner.get(StageGraphRunner.runWhole(graph.model(), Map.of("in", x)), "out");

    Layer layer = StageGraph.of(graph.model()).layers().get(0);

    float[] actual = product(layer, x, channelIsLast(op), random);
    String geometry = Arrays.toString(inputShape) + Arrays.toString(weightShape) + attributes;
    assertThat(actual).as(geometry).hasSameSizeAs(expected.floats());
    assertThat(StageGraphRunner.maxDifference(Tensor.of(actual, expected.shape()), expected))
        .as(geometry)
        .isLessThan(2e-5);
    WeightLayout layout = layer.layout();
    assertThat(layout.out()).isEqualTo((int) expected.dim(channelIsLast(op) ? -1 : 1));
    float[] rows = layout.toRows(layer.weight().floats());
    assertThat(layout.fromRows(rows)).containsExactly(layer.weight().floats());
    if (!op.equals("ConvTranspose")) {
      assertThat(layer.weight().dim(layout.channelAxis())).isEqualTo(layout.out());
    }
  }

  /** Every output element is the product of a group's row and a column of the group. */
  private static void checkStack(Random random, long[] inputShape, long[] weightShape) {
    Model model =
        OnnxGraphs.opset(17)
            .input("in", inputShape)
            .weight("w", weightShape)
            .node("MatMul", "out", List.of("in", "w"))
            .output("out")
            .model();
    Tensor x = Tensor.of(noise(random, Tensor.elements(inputShape)), inputShape);
    Tensor expected =
        StageGraphRunner.get(StageGraphRunner.runWhole(model, Map.of("in", x)), "out");
    Layer layer = StageGraph.of(model).layers().get(0);
    WeightLayout layout = layer.layout();
    int k = layout.k();
    int ofGroup = layout.out() / layout.groups();
    float[] w = layout.toRows(layer.weight().floats());
    assertThat(layout.fromRows(w)).containsExactly(layer.weight().floats());
    int positions = layer.patches().columns(inputShape).positions();
    float[] columns = columnsInPieces(layer, x, random);
    long[] shape = expected.shape();
    float[] y = new float[expected.size()];
    for (int i = 0; i < y.length; i++) {
      int group = 0;
      int position = 0;
      int row = 0;
      int inner = y.length;
      for (int axis = 0; axis < shape.length; axis++) {
        int size = (int) shape[axis];
        inner /= size;
        int index = i / inner % size;
        int ofWeight = axis - shape.length + weightShape.length;
        if (axis == shape.length - 1) {
          row = group * ofGroup + index;
        } else if (axis < shape.length - 2 && ofWeight >= 0 && weightShape[ofWeight] > 1) {
          group = group * size + index;
        } else {
          position = position * size + index;
        }
      }
      for (int c = 0; c < k; c++) {
        y[i] += w[row * k + c] * columns[(group * k + c) * positions + position];
      }
    }
    assertThat(StageGraphRunner.maxDifference(Tensor.of(y, shape), expected))
        .as(Arrays.toString(inputShape) + Arrays.toString(weightShape))
        .isLessThan(2e-5);
  }

  /** The columns of all groups, {@code [groups · k, positions]}. */
  private static float[] columnsInPieces(Layer layer, Tensor x, Random random) {
    Patches.Columns all = layer.patches().columns(x.shape());
    int positions = all.positions();
    int height = layer.patches().groups() * layer.patches().k();
    float[] columns = new float[height * positions];
    for (int row = 0, rows; row < height; row += rows) {
      rows = Math.min(height - row, 1 + random.nextInt(height));
      for (int from = 0, count; from < positions; from += count) {
        count = Math.min(positions - from, 1 + random.nextInt(positions));
        float[] piece = new float[rows * count];
        all.extract(x.floats(), row, rows, from, count, piece);
        for (int r = 0; r < rows; r++) {
          System.arraycopy(piece, r * count, columns, (row + r) * positions + from, count);
        }
      }
    }
    return columns;
  }

  private static boolean channelIsLast(String op) {
    return op.equals("Gemm") || op.equals("MatMul");
  }

  /** {@code α·W·x + b} in ONNX order, from columns that are extracted in pieces. */
  private static float[] product(Layer layer, Tensor x, boolean channelIsLast, Random random) {
    Patches patches = layer.patches();
    WeightLayout layout = layer.layout();
    Patches.Columns all = patches.columns(x.shape());
    int positions = all.positions();
    int k = patches.k();
    assertThat(k).isEqualTo(layout.k());
    assertThat(patches.groups()).isEqualTo(layout.groups());
    float[] w = layout.toRows(layer.weight().floats());
    float alpha = Attributes.of(layer.node()).real("alpha", 1);
    int out = layout.out();
    int ofGroup = out / patches.groups();
    int plane = positions / (int) Math.max(1, channelIsLast ? 1 : x.dim(0));
    float[] y = new float[out * positions];
    for (int group = 0; group < patches.groups(); group++) {
      for (int from = 0, count; from < positions; from += count) {
        count = Math.min(positions - from, 1 + random.nextInt(positions));
        float[] columns = new float[k * count];
        Arrays.fill(columns, Float.NaN);
        all.extract(x.floats(), group * k, k, from, count, columns);
        for (int row = group * ofGroup; row < (group + 1) * ofGroup; row++) {
          for (int j = 0; j < count; j++) {
            double sum = 0;
            for (int i = 0; i < k; i++) {
              sum += w[row * k + i] * columns[i * count + j];
            }
            float bias = layer.bias() == null ? 0 : layer.bias().floats()[row];
            int p = from + j;
            int at = channelIsLast ? p * out + row : (p / plane * out + row) * plane + p % plane;
            y[at] = (float) (alpha * sum) + bias;
          }
        }
      }
    }
    return y;
  }

  private static long[] some(Random random, int n, int least, int most) {
    return LongStream.generate(() -> least + random.nextInt(most - least + 1)).limit(n).toArray();
  }

  private static String oneOf(Random random, String... choices) {
    return choices[random.nextInt(choices.length)];
  }

  private static long[] shape(long first, long second, long... rest) {
    return LongStream.concat(LongStream.of(first, second), LongStream.of(rest)).toArray();
  }

  private static float[] noise(Random random, int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
