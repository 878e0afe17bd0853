package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Codebook;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.WeightLevels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncodingsFileTest {
  private final Path folder;

  EncodingsFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static NearestNetwork network() {
    return NearestNetwork.of(
        TinyModel.opset(13)
            .input("x", 1, 4)
            .floats("w", new float[] {7, 0, 0, 0, 0, -3.5f, 1, 0}, 4, 2)
            .weights("b", 2)
            .node("Gemm", "x w b", "y")
            .outputs("y")
            .build());
  }

  private JsonNode written(QuantizedNetwork network) throws IOException {
    Path file = folder.resolve("encodings.json");
    EncodingsFile.write(network, file);
    return new ObjectMapper().readTree(file.toFile());
  }

  @Test
  void listsParametersPerChannelAndActivationsByName() throws IOException {
    JsonNode file =
        written(
            network()
                .weights(Grid.signed(4), true)
                .activations(
                    Map.of(
                        "y", Encoding.perTensor(Grid.unsigned(8), 0.25f, 0),
                        "x", Encoding.perTensor(Grid.unsigned(8), 0.5f, 128)))
                .build());

    assertThat(file.get("version").asText()).isEqualTo("1.0.0");
    JsonNode weight = file.get("param_encodings").get(0);
    assertThat(weight.get("name").asText()).isEqualTo("w");
    assertThat(weight.get("bw").asInt()).isEqualTo(4);
    assertThat(weight.get("enc_type").asText()).isEqualTo("PER_CHANNEL");
    assertThat(weight.get("is_sym").asBoolean()).isTrue();
    assertThat(weight.get("axis").asInt()).isEqualTo(1);
    assertThat(weight.get("scale")).extracting(JsonNode::floatValue).containsExactly(1f, 0.5f);
    assertThat(weight.get("offset")).extracting(JsonNode::intValue).containsExactly(-8, -8);

    JsonNode x = file.get("activation_encodings").get(0);
    assertThat(x.get("name").asText()).isEqualTo("x");
    assertThat(x.get("enc_type").asText()).isEqualTo("PER_TENSOR");
    assertThat(x.get("is_sym").asBoolean()).isFalse();
    assertThat(x.get("offset").get(0).asInt()).isEqualTo(-128);
    assertThat(x.has("axis")).isFalse();
    assertThat(file.get("activation_encodings")).hasSize(2);
  }

  @Test
  void scaleAndOffsetGiveTheWeightBack() throws IOException {
    for (Grid grid : new Grid[] {Grid.signed(4), Grid.unsigned(3), Grid.restricted(8)}) {
      QuantizedNetwork network = network().weights(grid, true).build();
      JsonNode weight = written(network).get("param_encodings").get(0);
      var quantized = network.layers().get(0).weight();
      float[] expected = quantized.dequantize();
      int toUnsigned = grid.isSigned() ? 1 << (grid.bits() - 1) : 0;
      for (int i = 0; i < expected.length; i++) {
        int row = i / quantized.k();
        int unsigned = quantized.integers()[i] + toUnsigned;
        assertThat(unsigned).isBetween(0, (1 << grid.bits()) - 1);
        assertThat(
                weight.get("scale").get(row).floatValue()
                    * (unsigned + weight.get("offset").get(row).intValue()))
            .isEqualTo(expected[i]);
      }
    }
  }

  @Test
  void listsTheBlocksOfEachChannel() throws IOException {
    QuantizedNetwork network = network().weights(Grid.signed(4), Granularity.block(2)).build();
    Encoding encoding = network.layers().get(0).weight().encoding();
    JsonNode weight = written(network).get("param_encodings").get(0);

    assertThat(encoding.isBlocked()).isTrue();
    assertThat(weight.get("enc_type").asText()).isEqualTo("PER_BLOCK");
    assertThat(weight.get("block_size").asInt()).isEqualTo(2);
    assertThat(weight.get("axis").asInt()).isZero();
    assertThat(weight.get("offset")).hasSize(encoding.channels() * encoding.blocks());
    assertThat(weight.get("scale"))
        .extracting(JsonNode::floatValue)
        .hasToString(Arrays.toString(encoding.scales()));
  }

  @Test
  void saysWhereItCannotBeWritten() {
    QuantizedNetwork network = network().weights(Grid.signed(4), true).build();

    assertThatThrownBy(() -> EncodingsFile.write(network, folder.resolve("no/e.json")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("e.json: cannot be written");
  }

  @Test
  void listsTheLevelsOfACodebook() throws IOException {
    Codebook codebook =
        new Codebook(WeightLevels.parse("codebook"), 1, new float[] {-1, 0, 0.25f, 2});
    Encoding encoding =
        Encoding.perChannel(Grid.unsigned(2), new float[] {0.5f, 2}, new int[2])
            .withCodebook(codebook);

    JsonNode weight =
        written(network().weights((rows, out, k) -> encoding).build())
            .get("param_encodings")
            .get(0);

    assertThat(weight.get("bw").asInt()).isEqualTo(2);
    assertThat(weight.get("levels").asText()).isEqualTo("codebook");
    assertThat(weight.get("codebook").toString()).isEqualTo("[-1.0,0.0,0.25,2.0]");
    assertThat(weight.get("scale").toString()).isEqualTo("[0.5,2.0]");
    assertThat(weight.get("offset").toString()).isEqualTo("[0,0]");
  }
}
