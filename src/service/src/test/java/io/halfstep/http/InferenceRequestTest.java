package io.halfstep.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.source.Admission;
import io.halfstep.source.InputPort;
import io.halfstep.source.Normalization;
import io.halfstep.source.RawSample;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NamedTensor;
import io.halfstep.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InferenceRequestTest {

  private static InferenceRequest json(String json) {
    return InferenceRequest.parse(json.getBytes(UTF_8), OptionalInt.empty(), RequestLimits.DEFAULT);
  }

  private static InferenceRequest binary(String json, byte[] blobs) {
    byte[] header = json.getBytes(UTF_8);
    byte[] body = ByteBuffer.allocate(header.length + blobs.length).put(header).put(blobs).array();
    return InferenceRequest.parse(body, OptionalInt.of(header.length), RequestLimits.DEFAULT);
  }

  private static Tensor input(String datatype, String shape, String data) {
    return json("""
            {"inputs":[{"name":"x","shape":%s,"datatype":"%s","data":%s}]}"""
            .formatted(shape, datatype, data))
        .inputs()
        .get(0)
        .tensor();
  }

  private static void assertSame(Tensor found, Tensor expected) {
    assertThat(found).usingRecursiveComparison().isEqualTo(expected);
  }

  /** Two inputs and binary outputs, as {@code tritonclient.http} sends them. */
  @Test
  void whatTritonsClientSends() {
    String header =
        """
        {"id":"42","inputs":[{"name":"INPUT0","shape":[1,16],"datatype":"INT32",\
        "parameters":{"binary_data_size":64}},{"name":"INPUT1","shape":[1,16],\
        "datatype":"INT32","parameters":{"binary_data_size":64}}],\
        "outputs":[{"name":"OUTPUT0","parameters":{"binary_data":true}},\
        {"name":"OUTPUT1","parameters":{"binary_data":true}}]}""";
    ByteBuffer blobs = ByteBuffer.allocate(128).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 32; i++) {
      blobs.putInt(i < 16 ? i : 1);
    }
    InferenceRequest request = binary(header, blobs.array());
    assertThat(request.id()).isEqualTo("42");
    assertThat(request.inputs()).extracting(NamedTensor::name).containsExactly("INPUT0", "INPUT1");
    int[] first = new int[16];
    int[] second = new int[16];
    for (int i = 0; i < 16; i++) {
      first[i] = i;
      second[i] = 1;
    }
    assertSame(request.inputs().get(0).tensor(), Tensor.of(ElementType.INT32, first, 1, 16));
    assertSame(request.inputs().get(1).tensor(), Tensor.of(ElementType.INT32, second, 1, 16));
  }

  /** Without outputs, the client asks for all of them in binary form by a parameter. */
  @Test
  void whatTritonsClientSendsWithoutOutputs() {
    InferenceRequest request =
        binary(
            """
            {"inputs":[{"name":"x","shape":[2],"datatype":"FP16","parameters":\
            {"binary_data_size":4}}],"parameters":{"binary_data_output":true,"priority":1,\
            "sequence_id":"a","timeout":1.5}}""",
            new byte[] {0, 0x3c, 0, (byte) 0xc0});
    assertThat(request.parameters())
        .isEqualTo(
            Map.of("binary_data_output", true, "priority", 1L, "sequence_id", "a", "timeout", 1.5));
    assertSame(
        request.inputs().get(0).tensor(),
        Tensor.of(ElementType.FLOAT16, new short[] {0x3c00, (short) 0xc000}, 2));
  }

  /** The example of KServe's documentation for scikit-learn's irises. */
  @Test
  void whatKServesUsersSend() {
    InferenceRequest request =
        json(
            """
            {
              "inputs": [
                {
                  "name": "input-0",
                  "shape": [2, 4],
                  "datatype": "FP32",
                  "data": [
                    [6.8, 2.8, 4.8, 1.4],
                    [6.0, 3.4, 4.5, 1.6]
                  ]
                }
              ]
            }
            """);
    assertThat(request.id()).isNull();
    assertSame(
        request.inputs().get(0).tensor(),
        Tensor.of(new float[] {6.8f, 2.8f, 4.8f, 1.4f, 6f, 3.4f, 4.5f, 1.6f}, 2, 4));
  }

  @Test
  void jsonAndBinaryInputsMix() {
    InferenceRequest request =
        binary(
            """
            {"inputs":[{"name":"a","shape":[2],"datatype":"UINT8","parameters":\
            {"binary_data_size":2}},{"name":"b","shape":[1],"datatype":"INT8","data":[-5]},\
            {"name":"c","shape":[1],"datatype":"BOOL","parameters":{"binary_data_size":1}}]}""",
            new byte[] {-1, 7, 1});
    assertSame(
        request.inputs().get(0).tensor(), Tensor.of(ElementType.UINT8, new byte[] {-1, 7}, 2));
    assertSame(request.inputs().get(1).tensor(), Tensor.of(ElementType.INT8, new byte[] {-5}, 1));
    assertSame(request.inputs().get(2).tensor(), Tensor.of(ElementType.BOOL, new byte[] {1}, 1));
  }

  @Test
  void fieldsComeInAnyOrder() {
    InferenceRequest request =
        json(
            """
            {"outputs":[{"name":"y"}],"inputs":[{"data":[[1,2],[3,4.5e0]],"unknown":{"a":[1]},\
            "datatype":"FP64","shape":[2,2],"name":"ü"},{"data":[7],"shape":[1],"name":"b",\
            "datatype":"INT16"}],"id":null}""");
    assertThat(request.inputs().get(0).name()).isEqualTo("ü");
    assertSame(
        request.inputs().get(0).tensor(),
        Tensor.of(ElementType.DOUBLE, new double[] {1, 2, 3, 4.5}, 2, 2));
    assertSame(request.inputs().get(1).tensor(), Tensor.of(ElementType.INT16, new short[] {7}, 1));
  }

  @Test
  void everyDatatypeInJson() {
    assertSame(
        input("BOOL", "[4]", "[true,false,1,0]"),
        Tensor.of(ElementType.BOOL, new byte[] {1, 0, 1, 0}, 4));
    assertSame(
        input("UINT8", "[2]", "[0,255]"), Tensor.of(ElementType.UINT8, new byte[] {0, -1}, 2));
    assertSame(
        input("UINT16", "[1]", "[65535]"), Tensor.of(ElementType.UINT16, new short[] {-1}, 1));
    assertSame(
        input("UINT32", "[1]", "[4294967295]"), Tensor.of(ElementType.UINT32, new int[] {-1}, 1));
    assertSame(
        input("UINT64", "[2]", "[18446744073709551615,1]"),
        Tensor.of(ElementType.UINT64, new long[] {-1, 1}, 2));
    assertSame(input("INT8", "[1]", "[-128]"), Tensor.of(ElementType.INT8, new byte[] {-128}, 1));
    assertSame(
        input("INT16", "[1]", "[-32768]"),
        Tensor.of(ElementType.INT16, new short[] {Short.MIN_VALUE}, 1));
    assertSame(
        input("INT32", "[2]", "[-2147483648,3.0]"),
        Tensor.of(ElementType.INT32, new int[] {Integer.MIN_VALUE, 3}, 2));
    assertSame(
        input("INT64", "[1]", "[-9223372036854775808]"),
        Tensor.of(ElementType.INT64, new long[] {Long.MIN_VALUE}, 1));
    assertSame(
        input("FP16", "[2]", "[1,-2.5]"),
        Tensor.of(ElementType.FLOAT16, new short[] {0x3c00, (short) 0xc100}, 2));
    assertSame(input("FP32", "[2]", "[0.1,3]"), Tensor.of(new float[] {0.1f, 3}, 2));
    assertSame(
        input("FP64", "[2]", "[0.1,1e300]"),
        Tensor.of(ElementType.DOUBLE, new double[] {0.1, 1e300}, 2));
  }

  @Test
  void bodiesOfNothingButBytesAreTheOnlyInput() {
    byte[] body = new byte[2 * 4 * 4];
    ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN).putFloat(4, 1.5f);
    InferenceRequest request =
        InferenceRequest.parse(body, OptionalInt.of(0), RequestLimits.DEFAULT);
    Admission admission =
        Admission.of(
            List.of(new InputPort("x", ElementType.FLOAT, new long[] {-1, 2, 2})),
            Normalization.NONE);
    List<RawSample> samples = request.samples(admission);
    assertThat(samples).hasSize(2);
    assertSame(samples.get(0).inputs().get("x"), Tensor.of(new float[] {0, 1.5f, 0, 0}, 1, 2, 2));
    assertThatThrownBy(
            () ->
                InferenceRequest.parse(new byte[17], OptionalInt.of(0), RequestLimits.DEFAULT)
                    .samples(admission))
        .hasMessage("input 'x': 17 bytes, expected a multiple of 16 for x FLOAT[?, 2, 2]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[] | request: found an array, expected an object",
        "{} | request: has no inputs",
        "{\"inputs\":[]} x | request: not JSON as expected at line 1, column 15",
        "{\"inputs\":[{\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]}]} | input 0: has no name",
        "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"data\":[1]}]} | input 'x': has no shape",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"data\":[1]}]} | input 'x': has no datatype",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\"}]} | input 'x': has neither data nor the parameter binary_data_size",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP33\",\"data\":[1]}]} | input 'x': datatype 'FP33', expected one of BOOL, UINT8",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"a\"]}]} | input 'x': datatype BYTES, expected numbers; no input of the model takes strings",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"BF16\",\"data\":[1]}]} | input 'x': datatype BF16 in JSON, expected binary data (binary_data_size)",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[-1],\"datatype\":\"FP32\",\"data\":[1]}]} | input 'x': shape: found -1, expected a whole number from 0 to 2147483647",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[2147483647,2147483647,2],\"datatype\":\"FP32\",\"data\":[1]}]} | input 'x': shape [2147483647, 2147483647, 2] has more than 268435456 elements",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[3],\"datatype\":\"FP32\",\"data\":[1,2]}]} | input 'x': data: 2 elements, expected 3 for shape [3]",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1,2]}]} | input 'x': data: more than the 1 elements of shape [1]",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,3],\"datatype\":\"FP32\",\"data\":[[1,2],[3,4],[5,6]]}]} | input 'x': data: 2 entries at depth 2, expected 3 for shape [2, 3]",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[3],\"datatype\":\"FP32\",\"data\":[1,[2,3]]}]} | input 'x': data: elements at depth 1 and at depth 2, expected at one",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"UINT8\",\"data\":[256]}]} | input 'x': data: found 256 at element 0, expected one of UINT8",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"INT64\",\"data\":[1.5]}]} | input 'x': data: found 1.5 at element 0, expected one of INT64",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[\"1\"]}]} | input 'x': data: found a string at element 0, expected a number",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":4}}]} | input 'x': needs 4 bytes of binary data, and the body has 0 left",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":5}}]} | input 'x': binary_data_size is 5, expected 4 for FP32[1]",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1],\"parameters\":{\"binary_data_size\":4}}]} | input 'x': has both data and the parameter binary_data_size",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"parameters\":{\"shared_memory_region\":\"r\"}}]} | input 'x': is in shared memory, expected in the request",
        "{\"inputs\":[{\"name\":\"x\",\"name\":\"y\"}]} | request: not JSON as expected",
        "{\"inputs\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ | input 0: found an array, expected an object",
        "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ | request: not JSON as expected",
      })
  void whatIsWrongIsSaid(String request, String message) {
    assertThatThrownBy(() -> json(request))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void sizesThatDoNotAddUpAreSaid() {
    String header =
        """
        {"inputs":[{"name":"x","shape":[2],"datatype":"INT8","parameters":\
        {"binary_data_size":2}}]}""";
    assertThatThrownBy(() -> binary(header, new byte[3]))
        .hasMessage("request: 3 bytes follow its JSON, expected 2 by its inputs' binary_data_size");
    assertThatThrownBy(() -> binary(header, new byte[1]))
        .hasMessage("input 'x': needs 2 bytes of binary data, and the body has 1 left");
    assertThatThrownBy(
            () -> InferenceRequest.parse(new byte[300], OptionalInt.of(500), RequestLimits.DEFAULT))
        .hasMessage("request: Inference-Header-Content-Length is 500, and the body has 300 bytes");
    assertThatThrownBy(() -> binary(header.replace("INT8", "BOOL"), new byte[] {1, 2}))
        .hasMessage("input 'x': byte 2 at element 1, expected 0 or 1 for BOOL");
  }

  @Test
  void limitsHold() {
    RequestLimits tight = new RequestLimits(1, 4, 2, 4);
    assertThatThrownBy(
            () ->
                InferenceRequest.parse(
                    """
                    {"inputs":[{"name":"x","shape":[5],"datatype":"INT8","data":[]}]}"""
                        .getBytes(UTF_8),
                    OptionalInt.empty(),
                    tight))
        .hasMessage("input 'x': shape [5] has more than 4 elements");
    assertThatThrownBy(
            () ->
                InferenceRequest.parse(
                    """
                    {"inputs":[{"name":"x","shape":[1,1,1]}]}"""
                        .getBytes(UTF_8),
                    OptionalInt.empty(),
                    tight))
        .hasMessage("input 'x': shape has more than 2 axes");
    assertThatThrownBy(
            () ->
                InferenceRequest.parse(
                    """
                    {"inputs":[{"name":"x","shape":[1],"datatype":"INT8","data":[1]},{}]}"""
                        .getBytes(UTF_8),
                    OptionalInt.empty(),
                    tight))
        .hasMessage("request: more than 1 inputs");
  }
}
