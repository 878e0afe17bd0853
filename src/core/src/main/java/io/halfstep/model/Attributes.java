package io.halfstep.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A node's attributes by name, with the operator's defaults. */
public final class Attributes {
  private final NodeProto node;

  private Attributes(NodeProto node) {
    this.node = node;
  }

  public static Attributes of(NodeProto node) {
    return new Attributes(node);
  }

  /** Returns the attribute; null if the node has none of this name. */
  public @Nullable AttributeProto find(String name) {
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.getName().equals(name)) {
        return attribute;
      }
    }
    return null;
  }

  public long integer(String name, long otherwise) {
    AttributeProto attribute = find(name);
    return attribute == null ? otherwise : attribute.getI();
  }

  public float real(String name, float otherwise) {
    AttributeProto attribute = find(name);
    return attribute == null ? otherwise : attribute.getF();
  }

  public String text(String name, String otherwise) {
    AttributeProto attribute = find(name);
    return attribute == null ? otherwise : attribute.getS().toString(StandardCharsets.UTF_8);
  }

  /** Returns a list of integers; null if the node has none of this name. */
  public int @Nullable [] integers(String name) {
    AttributeProto attribute = find(name);
    return attribute == null
        ? null
        : attribute.getIntsList().stream().mapToInt(Math::toIntExact).toArray();
  }
}
