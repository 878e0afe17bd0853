package io.halfstep.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NamedTensor;
import io.halfstep.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class InferenceRequestPropertiesTest {

  private static Tensor tensor(Random random) {
    ElementType[] types = ElementType.values();
    ElementType type = types[random.nextInt(types.length)];
    long[] shape = random.ints(random.nextInt(4), 0, 4).asLongStream().toArray();
    Tensor tensor = Tensor.zeros(type, shape);
    Object data = tensor.data();
    for (int i = 0; i < tensor.size(); i++) {
      if (data instanceof float[] floats) {
        floats[i] = (float) random.nextGaussian();
      } else if (data instanceof double[] doubles) {
        doubles[i] = random.nextGaussian();
      } else if (data instanceof long[] longs) {
        longs[i] = random.nextLong();
      } else if (data instanceof int[] ints) {
        ints[i] = random.nextInt();
      } else if (data instanceof short[] shorts) {
        shorts[i] = (short) random.nextInt();
      } else {
        Array.setByte(data, i, (byte) random.nextInt(type == ElementType.BOOL ? 2 : 256));
      }
    }
    return tensor;
  }

  private static InferenceRequest request(Random random) {
    List<NamedTensor> inputs = new ArrayList<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      inputs.add(new NamedTensor("in \"" + i + "\" \u00fc", tensor(random)));
    }
    Map<String, Object> parameters = new LinkedHashMap<>();
    Object[] values = {1L, -2.5, true, "text", Long.MIN_VALUE};
    for (int i = random.nextInt(4); i > 0; i--) {
      parameters.put("p" + i, values[random.nextInt(values.length)]);
    }
    return new InferenceRequest(random.nextBoolean() ? "id" : null, parameters, inputs);
  }

  @Property(tries = 300)
  void whatIsWrittenIsRead(@ForAll long seed) {
    InferenceRequest request = request(new Random(seed));
    InferenceRequest.Binary binary = request.toBinary();
    assertThat(
            InferenceRequest.parse(
                binary.body(), OptionalInt.of(binary.jsonLength()), RequestLimits.DEFAULT))
        .usingRecursiveComparison()
        .isEqualTo(request);
  }

  @Property(tries = 3000)
  void damagedRequestsAreRefused(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] json = random.nextBoolean() ? EXAMPLE : EXAMPLE_DATA_FIRST;
    byte[] body = json;
    int length = json.length;
    if (random.nextInt(3) == 0) {
      InferenceRequest.Binary binary = request(random).toBinary();
      body = binary.body();
      length = binary.jsonLength();
    }
    body = mutate(body, random);
    length += random.nextInt(4) == 0 ? random.nextInt(9) - 4 : 0;
    try {
      OptionalInt header = random.nextInt(4) == 0 ? OptionalInt.empty() : OptionalInt.of(length);
      InferenceRequest parsed = InferenceRequest.parse(body, header, RequestLimits.DEFAULT);
      assertThat(parsed.inputs()).allSatisfy(i -> assertThat(i.name()).isNotNull());
    } catch (InvalidInputException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  /** Found by {@link #damagedRequestsAreRefused}. */
  @Example
  void anEmptyArrayBesideElementsIsRefused() {
    for (String data : new String[] {"[[1,[]]]", "[1,[]]"}) {
      String json =
          "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,1],\"datatype\":\"FP32\",\"data\":%s}]}"
              .formatted(data);
      assertThatThrownBy(
              () ->
                  InferenceRequest.parse(
                      json.getBytes(UTF_8), OptionalInt.empty(), RequestLimits.DEFAULT))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("beside elements");
    }
  }

  private static byte[] mutate(byte[] original, Random random) {
    byte[] body = original;
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(Math.max(1, body.length));
      int until = Math.min(body.length, at + random.nextInt(20));
      byte[] token = TOKENS[random.nextInt(TOKENS.length)].getBytes(UTF_8);
      ByteArrayOutputStream made = new ByteArrayOutputStream();
      made.writeBytes(Arrays.copyOf(body, at));
      switch (random.nextInt(5)) {
        case 0 -> made.write(random.nextInt(256));
        case 1 -> made.writeBytes(token);
        case 2 -> made.writeBytes(Arrays.copyOfRange(body, at, until));
        default -> {}
      }
      int from = random.nextInt(3) == 0 ? until : Math.min(body.length, at + 1);
      made.writeBytes(Arrays.copyOfRange(body, from, body.length));
      body = made.toByteArray();
    }
    return body;
  }

  private static final String[] TOKENS = {
    "null",
    "-1",
    "1e999999999",
    "99999999999999999999",
    "[",
    "]",
    "{",
    "}",
    "\"",
    ",",
    "true",
    "2147483647",
    "NaN",
    "1.5",
    "\"BF16\"",
    "\"BYTES\"",
    "\\ud800",
    "\"data\":[1],",
    "\u0000"
  };

  private static final byte[] EXAMPLE =
      """
      {"id":"a","parameters":{"p":1.5,"q":true},"inputs":[{"name":"x","shape":[2,2],\
      "datatype":"FP32","data":[[1.5,2],[3,4]]},{"name":"y","shape":[3],"datatype":"UINT64",\
      "data":[1,18446744073709551615,3]}],"outputs":[{"name":"z"}]}"""
          .getBytes(UTF_8);

  private static final byte[] EXAMPLE_DATA_FIRST =
      """
      {"inputs":[{"data":[[1.5,2],[3,4]],"name":"x","shape":[2,2],"datatype":"FP64"},\
      {"data":[1,0,true],"shape":[3],"datatype":"BOOL","name":"y"}]}"""
          .getBytes(UTF_8);
}
