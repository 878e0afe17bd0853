package io.halfstep.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.NodeProto;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class LayerOperatorsTest {
  private static final List<String> NAMES = List.of("Conv", "ConvTranspose", "Gemm", "MatMul");

  @Test
  void areFoundByTheirNames() {
    assertThat(LayerOperators.ALL).extracting(LayerOperator::name).isEqualTo(NAMES);
    for (String name : NAMES) {
      assertThat(LayerOperators.of(node(name)))
          .isSameAs(LayerOperators.named(name))
          .hasToString(name);
    }
    assertThat(LayerOperators.of(node("Relu"))).isNull();
    assertThat(LayerOperators.names()).isEqualTo("Conv, ConvTranspose, Gemm or MatMul");
  }

  @Test
  void ofOtherDomainsAreNone() {
    NodeProto foreign = node("Conv").toBuilder().setDomain("com.example").build();
    assertThat(LayerOperators.of(foreign)).isNull();
  }

  /**
   * Code that compares a node's operator with one of these names depends on the operator. Gradients
   * have a rule for every operator.
   */
  @Test
  void areNamedByTheirOwnClassesOnly() throws IOException {
    TreeSet<String> others = new TreeSet<>();
    for (JavaClass type :
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.halfstep")) {
      String bytes = bytes(type);
      for (String name : NAMES) {
        if (bytes.contains(constant(name))
            && !type.getPackageName().equals("io.halfstep.gradient")
            && !type.getSimpleName().startsWith(name)) {
          others.add(type.getName() + " names " + name);
        }
      }
    }
    assertThat(others).isEmpty();
  }

  private static NodeProto node(String op) {
    return NodeProto.newBuilder().setOpType(op).build();
  }

  private static String bytes(JavaClass type) throws IOException {
    try (InputStream in = type.getSource().orElseThrow().getUri().toURL().openStream()) {
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  /** A string as in a class file's constants: a tag, the length, the characters. */
  private static String constant(String text) {
    return "\1\0" + (char) text.length() + text;
  }
}
