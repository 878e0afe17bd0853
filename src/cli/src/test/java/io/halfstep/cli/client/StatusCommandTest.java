package io.halfstep.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusCommandTest {
  private static List<String> notes(String job) throws IOException {
    return StatusCommand.notes(new ObjectMapper().readTree(job));
  }

  @Test
  void theNewestNotesAreShown() throws IOException {
    String versions = "\"versions\": [{\"notes\": [\"a\"]}, {\"notes\": [\"b\", \"c\"]}]";
    assertThat(notes("{" + versions + ", \"notes\": []}")).containsExactly("b", "c");
    assertThat(notes("{" + versions + ", \"notes\": [\"d\"]}")).containsExactly("d");
    assertThat(notes("{\"versions\": [{}], \"notes\": []}")).isEmpty();
    assertThat(notes("{}")).isEmpty();
  }
}
