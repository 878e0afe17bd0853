package io.halfstep.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.cli.terminal.TextTable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Jobs as a table with a header; what is to be said about a job stands below its row. */
final class JobTable {
  private static final int WORDS = 4;

  private JobTable() {}

  static List<String> of(List<JsonNode> jobs, Instant now) {
    TextTable table =
        new TextTable(WORDS, "JOB", "MODEL", "PHASE", "PROGRESS", "VERSIONS", "SAMPLES", "AGE");
    for (JsonNode job : jobs) {
      table.row(
          JobText.id(job),
          job.path("model").asText(),
          JobText.phase(job),
          JobText.progress(job),
          Integer.toString(job.path("versions").size()),
          JobText.samples(job),
          age(job, now));
    }
    List<String> rows = table.lines();
    List<String> lines = new ArrayList<>(rows.subList(0, 1));
    for (int i = 0; i < jobs.size(); i++) {
      JsonNode job = jobs.get(i);
      lines.add(rows.get(i + 1));
      if (job.hasNonNull("error")) {
        lines.add("  " + job.path("error").asText());
      }
      JobText.notes(job).forEach(note -> lines.add("  note: " + note));
    }
    return lines;
  }

  /** Returns the time since the submission, in its largest unit. */
  private static String age(JsonNode job, Instant now) {
    if (!job.hasNonNull("submitted")) {
      return JobText.NONE;
    }
    Duration age = Duration.between(Instant.parse(job.path("submitted").asText()), now);
    if (age.toMinutes() < 1) {
      return Math.max(0, age.toSeconds()) + " s";
    }
    if (age.toHours() < 1) {
      return age.toMinutes() + " min";
    }
    return age.toDays() < 1 ? age.toHours() + " h" : age.toDays() + " d";
  }
}
