package io.halfstep.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.halfstep.fuzz.Untrusted;
import io.halfstep.source.Admission;
import io.halfstep.source.InputPort;
import io.halfstep.source.Normalization;
import io.halfstep.tensor.ElementType;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Inference requests in JSON. */
class RequestFuzzTest {
  private static final Admission ADMISSION =
      Admission.of(
          List.of(
              new InputPort("x", ElementType.FLOAT, new long[] {-1, 2}),
              new InputPort("y", ElementType.INT64, new long[] {-1})),
          Normalization.NONE);

  static Stream<byte[]> requests() {
    return Stream.of(
            """
            {"id":"a","parameters":{"p":1.5,"q":true},"inputs":[{"name":"x","shape":[2,2],\
            "datatype":"FP32","data":[[1.5,2],[3,4]]},{"name":"y","shape":[2],"datatype":"INT64",\
            "data":[1,18446744073709551615]}],"outputs":[{"name":"z"}]}""",
            """
            {"inputs":[{"data":[[1.5,2],[3,4]],"name":"x","shape":[2,2],"datatype":"FP64"},\
            {"data":[1,0,true],"shape":[3],"datatype":"BOOL","name":"y"}]}""")
        .map(json -> json.getBytes(UTF_8));
  }

  @MethodSource("requests")
  @FuzzTest
  void json(byte[] input) {
    Untrusted.check(
        input,
        () ->
            InferenceRequest.parse(input, OptionalInt.empty(), RequestLimits.DEFAULT)
                .samples(ADMISSION));
  }
}
