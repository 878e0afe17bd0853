package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.model.Onnx;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeadCodeTest {
  @Test
  void keepsWhatAnOutputNeedsAlsoThroughBodies() {
    GraphProto then = TinyModel.body().node("Add", "x a", "t").outputs("t").graph();
    GraphProto otherwise = TinyModel.body().node("Neg", "b", "e").outputs("e").graph();
    GraphProto graph =
        TinyModel.opset(13)
            .input("x", 2)
            .bool("yes", true)
            .weights("a", 2)
            .weights("c", 2)
            .weights("unread", 2)
            .node("Neg", "c", "b")
            .node("Exp", "c", "dead")
            .node("Clip", "dead - c", "deader")
            .node(
                "If",
                "yes",
                "y",
                TinyModel.body("then_branch", then),
                TinyModel.body("else_branch", otherwise))
            .outputs("y")
            .graph();

    GraphProto kept = DeadCode.remove(graph);

    assertThat(kept.getNodeList()).extracting(NodeProto::getOpType).containsExactly("Neg", "If");
    assertThat(kept.getInitializerList())
        .extracting(TensorProto::getName)
        .containsExactly("yes", "a", "c");
  }

  @Test
  void anInputWithAValueIsAConstant() {
    GraphProto graph =
        TinyModel.opset(8)
            .input("x", 2)
            .input("w", 2)
            .weights("w", 2)
            .node("Add", "x w", "y")
            .outputs("y")
            .graph();

    assertThat(DeadCode.remove(graph).getInputList())
        .extracting(ValueInfoProto::getName)
        .containsExactly("x");
  }

  @Test
  void dropsWhatExportersWroteOnNodes() {
    NodeProto chatty =
        Onnx.node("Neg", List.of("x"), List.of("y")).toBuilder()
            .setDocString("a stack trace")
            .addMetadataProps(StringStringEntryProto.newBuilder().setKey("k").setValue("v"))
            .build();
    GraphProto graph = TinyModel.opset(13).input("x", 2).node(chatty).outputs("y").graph();

    NodeProto node = DeadCode.remove(graph).getNode(0);

    assertThat(node.getDocString()).isEmpty();
    assertThat(node.getMetadataPropsCount()).isZero();
  }
}
