package io.halfstep.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import io.halfstep.failure.InvalidInputException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorProtosTest {
  @Test
  void rawDataAreLittleEndian() {
    TensorProto proto = TensorProtos.encode("t", Tensor.of(new float[] {1, -2}, 2, 1));

    assertThat(proto.getRawData().toByteArray()).containsExactly(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0);
    assertThat(proto.getDimsList()).containsExactly(2L, 1L);
    assertThat(TensorProtos.decode(proto).floats()).containsExactly(1, -2);
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void everyTypeSurvives(ElementType type) {
    Tensor tensor = TensorProtos.decode(fields(type));
    Tensor again = TensorProtos.decode(TensorProtos.encode("t", tensor));

    assertThat(again.type()).isEqualTo(type);
    assertThat(again.shape()).containsExactly(3);
    assertThat(again.data()).isEqualTo(tensor.data()).isNotEqualTo(type.allocate(3));
  }

  /** The integers 1, 2, 3 in the typed field that ONNX prescribes for the type. */
  private static TensorProto fields(ElementType type) {
    TensorProto.Builder proto =
        TensorProto.newBuilder().setName("t").setDataType(type.onnx()).addDims(3);
    switch (type) {
      case FLOAT -> proto.addAllFloatData(List.of(1f, 2f, 3f));
      case DOUBLE -> proto.addAllDoubleData(List.of(1., 2., 3.));
      case INT64 -> proto.addAllInt64Data(List.of(1L, 2L, 3L));
      case UINT32, UINT64 -> proto.addAllUint64Data(List.of(1L, 2L, 3L));
      default -> proto.addAllInt32Data(List.of(1, 2, 3));
    }
    return proto.build();
  }

  @Test
  void whatDoesNotFitIsRefused() {
    TensorProto good = fields(ElementType.FLOAT);
    refused(good.toBuilder().setDims(0, 4).build(), "'t'", "3 elements", "[4]", "4");
    refused(good.toBuilder().setRawData(ByteString.copyFrom(new byte[11])).build(), "11 bytes");
    refused(good.toBuilder().setDims(0, -3).build(), "[-3]");
    refused(good.toBuilder().setDims(0, Long.MAX_VALUE).addDims(9).build(), "impossible");
    refused(good.toBuilder().setDataType(8).build(), "'t'", "element type 8");
    refused(
        good.toBuilder().setDataLocation(TensorProto.DataLocation.EXTERNAL).build(),
        "another file");
  }

  private static void refused(TensorProto proto, String... parts) {
    assertThatThrownBy(() -> TensorProtos.decode(proto))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll(parts);
  }

  @Test
  void aLargeTensorIsReadAtEachAccess() {
    float[] values = new float[1 << 18];
    values[5] = 3;
    TensorProto proto = TensorProtos.encode("large", Tensor.of(values, 2, 1 << 17));

    Tensor tensor = TensorProtos.onDemand(proto);

    assertThat(tensor.shape()).containsExactly(2, 1 << 17);
    assertThat(tensor.floats()).containsExactly(values).isNotSameAs(tensor.floats());
    assertThat(tensor.rows(0, 1).floats()[5]).isEqualTo(3);
    assertThat(Tensor.concatenate(List.of(tensor, tensor), 1).shape()).containsExactly(2, 1 << 18);
    Tensor small = TensorProtos.onDemand(TensorProtos.encode("small", Tensor.of(new float[2], 2)));
    assertThat(small.floats()).isSameAs(small.floats());
  }
}
