package io.halfstep.export.opset;

import static io.halfstep.export.opset.AttributeAdapters.floatToInput;
import static io.halfstep.export.opset.AttributeAdapters.intToInput;
import static io.halfstep.export.opset.AttributeAdapters.intsToInput;
import static java.util.Map.entry;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.export.opset.OpsetAdapter.NoAdapterException;
import io.halfstep.model.Onnx;
import java.util.Map;
import java.util.Set;

/**
 * The incompatible changes of ONNX's operators between versions 7 and 21, operator by operator (the
 * ONNX changelog).
 */
final class OpsetAdapters {
  private OpsetAdapters() {}

  private static final OpsetAdapter UNCHANGED = (node, scope) -> node;
  private static final OpsetAdapter AXES_TO_INPUT = intsToInput("axes", 1);

  private static final Map<String, Map<Integer, OpsetAdapter>> CHANGED =
      Map.ofEntries(
          entry(
              "BatchNormalization",
              Map.of(9, NormalizationAdapters::perChannel, 14, NormalizationAdapters::inference)),
          entry("Clip", Map.of(11, floatToInput("min", 1).andThen(floatToInput("max", 2)))),
          entry("DFT", Map.of(20, intToInput("axis", 2, 1))),
          entry(
              "Dropout",
              Map.of(10, NormalizationAdapters::withoutMask, 12, floatToInput("ratio", 1))),
          entry("GridSample", Map.of(20, ResizeAdapters::gridSampleModes)),
          entry("GroupNormalization", Map.of(21, NormalizationAdapters::scalePerChannel)),
          entry("Hardmax", Map.of(13, SoftmaxAdapter::alongOneAxis)),
          entry("LogSoftmax", Map.of(13, SoftmaxAdapter::alongOneAxis)),
          entry("Pad", Map.of(11, intsToInput("pads", 1).andThen(floatToInput("value", 2)))),
          entry("ReduceL1", Map.of(18, AXES_TO_INPUT)),
          entry("ReduceL2", Map.of(18, AXES_TO_INPUT)),
          entry("ReduceLogSum", Map.of(18, AXES_TO_INPUT)),
          entry("ReduceLogSumExp", Map.of(18, AXES_TO_INPUT)),
          entry("ReduceMax", Map.of(18, AXES_TO_INPUT)),
          entry("ReduceMean", Map.of(18, AXES_TO_INPUT)),
          entry("ReduceMin", Map.of(18, AXES_TO_INPUT)),
          entry("ReduceProd", Map.of(18, AXES_TO_INPUT)),
          entry("ReduceSum", Map.of(13, AXES_TO_INPUT)),
          entry("ReduceSumSquare", Map.of(18, AXES_TO_INPUT)),
          entry(
              "Resize",
              Map.of(11, ResizeAdapters::fromAsymmetric, 13, ResizeAdapters::withoutEmptyInputs)),
          entry("RoiAlign", Map.of(16, ResizeAdapters::roiWithoutHalfPixel)),
          entry("Scan", Map.of(9, OpsetAdapters::unbatchedScan)),
          entry("Scatter", Map.of(11, AttributeAdapters.rename("ScatterElements"))),
          entry(
              "Slice",
              Map.of(
                  10,
                  intsToInput("starts", 1)
                      .andThen(intsToInput("ends", 2))
                      .andThen(intsToInput("axes", 3)))),
          entry("Softmax", Map.of(13, SoftmaxAdapter::alongOneAxis)),
          entry("Split", Map.of(13, intsToInput("split", 1), 18, OpsetAdapters::countOutputs)),
          entry("Squeeze", Map.of(13, AXES_TO_INPUT)),
          entry("TopK", Map.of(10, AttributeAdapters::countToInput)),
          entry("Unsqueeze", Map.of(13, AXES_TO_INPUT)),
          entry(
              "Upsample",
              Map.of(9, ResizeAdapters::scalesToInput, 10, AttributeAdapters.rename("Resize"))));

  /** Operators without an incompatible change up to version 21. */
  private static final Set<String> SAME =
      Set.of(
          """
          Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool \
          Bernoulli BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BlackmanWindow Cast \
          CastLike Ceil Celu CenterCropPad Col2Im Compress Concat ConcatFromSequence Constant \
          ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumSum DeformConv DepthToSpace \
          DequantizeLinear Det Div DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike \
          Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool \
          GlobalLpPool GlobalMaxPool Greater GreaterOrEqual HammingWindow HannWindow HardSigmoid \
          HardSwish Identity If ImageDecoder InstanceNormalization IsInf IsNaN LRN LSTM \
          LayerNormalization LeakyRelu Less LessOrEqual Log Loop LpNormalization LpPool MatMul \
          MatMulInteger Max MaxPool MaxRoiPool MaxUnpool Mean MeanVarianceNormalization \
          MelWeightMatrix Min Mish Mod Mul Multinomial Neg NegativeLogLikelihoodLoss \
          NonMaxSuppression NonZero Not OneHot Optional OptionalGetElement OptionalHasElement Or \
          PRelu Pow QLinearConv QLinearMatMul QuantizeLinear RNN RandomNormal RandomNormalLike \
          RandomUniform RandomUniformLike Range Reciprocal RegexFullMatch Relu Reshape \
          ReverseSequence Round STFT ScatterElements ScatterND Selu SequenceAt SequenceConstruct \
          SequenceEmpty SequenceErase SequenceInsert SequenceLength SequenceMap Shape Shrink \
          Sigmoid Sign Sin Sinh Size SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth \
          SplitToSequence Sqrt StringConcat StringNormalizer StringSplit Sub Sum Tan Tanh \
          TfIdfVectorizer ThresholdedRelu Tile Transpose Trilu Unique Where Xor"""
              .split(" "));

  /**
   * Returns the adapter that raises a node of this operator to {@code version} from the previous
   * one.
   *
   * @throws NoAdapterException if the operator is not known
   */
  static OpsetAdapter of(String op, int version) {
    Map<Integer, OpsetAdapter> steps = CHANGED.get(op);
    if (steps != null) {
      return steps.getOrDefault(version, UNCHANGED);
    }
    if (SAME.contains(op)) {
      return UNCHANGED;
    }
    throw new NoAdapterException("not an operator of ONNX's versions 7 to 21");
  }

  /** Returns every step that has an adapter, for tests. */
  static Map<String, Map<Integer, OpsetAdapter>> changed() {
    return CHANGED;
  }

  private static NodeProto countOutputs(NodeProto node, OpsetScope scope) {
    return Onnx.input(node, 1).isEmpty()
        ? Onnx.with(node, Onnx.attribute("num_outputs", node.getOutputCount()))
        : node;
  }

  private static NodeProto unbatchedScan(NodeProto node, OpsetScope scope) {
    throw new NoAdapterException("before version 9 it runs once per sample of a batch");
  }
}
