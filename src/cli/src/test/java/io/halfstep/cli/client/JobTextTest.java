package io.halfstep.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobTextTest {
  private static JsonNode job(String json) throws IOException {
    return new ObjectMapper().readTree(json);
  }

  private static JsonNode collecting() throws IOException {
    return job(
        """
        {"id": "net-1", "model": "net", "status": "collecting",
         "submitted": "2026-11-28T10:00:00Z", "samples": {"collected": 0, "wanted": 256},
         "versions": [], "notes": ["few samples"]}
        """);
  }

  private static JsonNode completed() throws IOException {
    return job(
        """
        {"id": "network-2", "model": "network", "status": "completed",
         "submitted": "2026-11-28T11:59:30Z", "samples": {"collected": 0, "wanted": 64},
         "versions": [{"version": 1, "samples": 64, "bytes": 12345, "notes": []}], "notes": []}
        """);
  }

  @Test
  void theNewestNotesAreShown() throws IOException {
    String versions = "\"versions\": [{\"notes\": [\"a\"]}, {\"notes\": [\"b\", \"c\"]}]";
    assertThat(JobText.notes(job("{" + versions + ", \"notes\": []}"))).containsExactly("b", "c");
    assertThat(JobText.notes(job("{" + versions + ", \"notes\": [\"d\"]}"))).containsExactly("d");
    assertThat(JobText.notes(job("{\"versions\": [{}], \"notes\": []}"))).isEmpty();
    assertThat(JobText.notes(job("{}"))).isEmpty();
  }

  @Test
  void aLineHasTheSamplesBeforeTheFirstIsThere() throws IOException {
    assertThat(JobText.line(collecting()))
        .isEqualTo("net-1                collecting    0/256 samples");
    assertThat(JobText.line(completed()))
        .isEqualTo("network-2            completed     version 1 from 64 samples, 12.3 kB");
  }

  @Test
  void theTableHasAHeaderAndNotesBelowTheirJob() throws IOException {
    assertThat(
            JobTable.of(List.of(collecting(), completed()), Instant.parse("2026-11-28T12:00:00Z")))
        .containsExactly(
            "JOB        MODEL    PHASE       PROGRESS  VERSIONS  SAMPLES   AGE",
            "net-1      net      collecting  –                0    0/256   2 h",
            "  note: few samples",
            "network-2  network  completed   –                1       64  30 s");
  }

  @Test
  void whyNothingIsPublishedAndWhatToDo() throws IOException {
    assertThat(Unpublished.of(collecting(), " --url http://h:1"))
        .isEqualTo(
            "net-1 is not published yet: 0 of 256 samples; send more with 'halfstep feed net-1"
                + " --data PATH --url http://h:1', and wait with 'halfstep watch net-1 --url"
                + " http://h:1'");
    assertThat(Unpublished.of(job("{\"id\":\"a-1\",\"status\":\"failed\",\"error\":\"why\"}"), ""))
        .isEqualTo("a-1 has published nothing, it failed: why");
    assertThat(
            Unpublished.of(
                job(
                    "{\"id\":\"a-1\",\"status\":\"calibrating\","
                        + "\"progress\":{\"pass\":\"round\",\"share\":0.456}}"),
                ""))
        .isEqualTo(
            "a-1 is not published yet: calibrating, round 46 %; wait with 'halfstep watch a-1'");
  }
}
