package io.halfstep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.lang.reflect.Array;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class NdArraysTest {
  private static final INDArray VALUES = Nd4j.createFromArray(0, 1, 100, 127).reshape(2, 2);

  @ParameterizedTest
  @CsvSource({
    "FLOAT, FLOAT",
    "HALF, FLOAT",
    "BFLOAT16, FLOAT",
    "DOUBLE, DOUBLE",
    "LONG, INT64",
    "UINT32, INT64",
    "INT, INT32",
    "SHORT, INT16",
    "UINT16, UINT16",
    "BYTE, INT8",
    "UBYTE, UINT8"
  })
  void valuesOfEachTypeAreKept(DataType from, ElementType to) {
    INDArray array = VALUES.castTo(from);
    if (from == DataType.BFLOAT16 || from == DataType.FLOAT16) {
      assertThat(array.getDouble(3)).isEqualTo(127);
    }

    Tensor tensor = NdArrays.tensor(array);

    assertThat(tensor.type()).isEqualTo(to);
    assertThat(tensor.shape()).containsExactly(2, 2);
    assertThat(numbers(tensor)).containsExactly(0, 1, 100, 127);
  }

  private static double[] numbers(Tensor tensor) {
    double[] numbers = new double[tensor.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = ((Number) Array.get(tensor.data(), i)).doubleValue();
    }
    return numbers;
  }

  @Test
  void unsignedBytesAbove127AreKept() {
    INDArray array = Nd4j.createFromArray(200, 255).castTo(DataType.UINT8);

    assertThat((byte[]) NdArrays.tensor(array).data()).containsExactly((byte) 200, (byte) 255);
  }

  @Test
  void truthValuesAreKept() {
    INDArray array = Nd4j.createFromArray(true, false, true);

    assertThat((byte[]) NdArrays.tensor(array).data()).containsExactly(1, 0, 1);
  }

  @Test
  void otherOrdersAndViewsAreReadRowByRow() {
    INDArray whole = Nd4j.arange(12).castTo(DataType.FLOAT).reshape(3, 4);

    assertThat(NdArrays.tensor(whole.transpose()).floats())
        .containsExactly(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11);
    assertThat(NdArrays.tensor(whole.getColumn(1)).floats()).containsExactly(1, 5, 9);
    assertThat(NdArrays.tensor(whole.dup('f')).floats())
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    assertThat(NdArrays.tensor(Nd4j.scalar(5f)).shape()).isEmpty();
  }

  @Test
  void textsAreRefused() {
    assertThatThrownBy(() -> NdArrays.tensor(Nd4j.create("a", "b")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("UTF8");
  }
}
