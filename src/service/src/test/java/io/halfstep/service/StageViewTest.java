package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is told of stages and layers, against what is published. */
@Timeout(120)
class StageViewTest {
  private static final int SAMPLES = 16;
  private static final int LEARNED = 14; // every eighth is held back
  private static final int VALUES = 4 * 6 * 6;

  private final LocalService service;
  private String id;

  StageViewTest(@TempDir Path folder) {
    service = LocalService.start(folder);
  }

  @BeforeEach
  void calibrate() throws Exception {
    id = service.submit("net", SAMPLES);
    service.feed(id, 0, SAMPLES);
    service.awaitCompleted(id);
  }

  @AfterEach
  void end() {
    service.close();
  }

  private JsonNode published(String file) throws IOException {
    return new ObjectMapper()
        .readTree(service.service().published(service.job(id), 1, file).orElseThrow().toFile());
  }

  @Test
  void aLayersFiguresAreThoseOfTheSummary() throws Exception {
    JsonNode summary = published("summary.json").at("/layers/0");
    Map<String, StageView> stages = StageView.all(service.job(id).progress());

    StageView layer = stages.get("y");
    assertThat(layer.ratio()).isEqualTo(summary.path("ratio").asDouble(), within(1e-9));
    assertThat(layer.flips()).isEqualTo(summary.path("flips").asDouble());
    assertThat(layer.sqnrDb()).isEqualTo(summary.path("sqnrDb").asDouble(), within(1e-6));
    assertThat(layer.pass()).isEqualTo("finish");
    assertThat(layer.samples()).isEqualTo(SAMPLES - LEARNED);
    assertThat(layer.share()).isEqualTo(1);
    assertThat(layer.driftSigmas()).isNull();
    assertThat(stages.get("input").creditBytes()).isPositive();
  }

  @Test
  void aLayersInputIsCountedAndItsRangeIsThatOfTheEncodings() throws Exception {
    LiveJob job = service.job(id);
    LayerView layer = LayerView.of(job.graph(), job.progress(), "y").orElseThrow();

    assertThat(layer.operator()).isEqualTo("Conv");
    assertThat(layer.shape()).containsExactly(5, 4, 3, 3);
    assertThat(layer.weights()).isEqualTo(5 * 4 * 3 * 3);
    InputHistogram input = layer.input();
    assertThat(LongStream.of(input.counts()).sum()).isEqualTo(LEARNED * VALUES);
    JsonNode encoding = published("encodings.json").at("/activation_encodings/0");
    assertThat(input.tensor()).isEqualTo(encoding.path("name").asText());
    assertThat(input.bits()).isEqualTo(encoding.path("bw").asInt());
    double scale = encoding.at("/scale/0").asDouble();
    double offset = encoding.at("/offset/0").asDouble();
    assertThat(input.lowest()).isEqualTo((float) (scale * offset), within(1e-5F));
    assertThat(input.highest()).isEqualTo((float) (scale * (offset + 255)), within(1e-5F));
    assertThat(LayerView.of(job.graph(), job.progress(), "other")).isEmpty();
  }
}
