package io.halfstep.encodings;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.halfstep.fuzz.Untrusted;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.Plan;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Files of encodings, as AIMET writes them. */
class EncodingsFuzzTest {
  private static final StageGraph GRAPH =
      StageGraph.of(
          OnnxGraphs.opset(13)
              .input("x", -1, 4, 6, 6)
              .weight("w", 2, 4, 3, 3)
              .node("Conv", "y", List.of("x", "w"))
              .output("y")
              .model());

  static Stream<byte[]> files() {
    return Stream.of(
            """
            {"version": "1.0.0", "activation_encodings": [
            {"name": "x", "enc_type": "PER_TENSOR", "dtype": "INT", "bw": 8, "is_sym": false,
             "scale": [0.02999999932944775], "offset": [-117.0], "factors": [1, 2, 0.5, 1]},
            {"name": "y", "enc_type": "PER_TENSOR", "dtype": "FLOAT", "bw": 16}],
            "param_encodings": [
            {"name": "w", "enc_type": "PER_CHANNEL", "dtype": "INT", "bw": 4, "is_sym": true,
             "scale": [0.11, 0.12], "offset": [-8, -8], "axis": 0}]}""",
            """
            {"version": "1.0.0", "activation_encodings": [], "param_encodings": [
            {"name": "w", "enc_type": "PER_BLOCK", "block_size": 18, "dtype": "INT", "bw": 2,
             "is_sym": false, "scale": [1, 2, 3, 4], "offset": [0, -1, -2, -3]}]}""")
        .map(json -> json.getBytes(UTF_8));
  }

  @MethodSource("files")
  @FuzzTest
  void aimet(byte[] input) {
    Untrusted.check(
        input,
        "encodings.json",
        file -> {
          GivenEncodings given = GivenEncodings.read(file);
          given.ofWeights(Plan.DEFAULT, GRAPH);
          given.ofActivations(Plan.DEFAULT, List.of("x", "y"));
        });
  }
}
