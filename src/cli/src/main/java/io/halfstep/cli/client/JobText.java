package io.halfstep.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.text.Figures;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A job, as the service describes it, in words. */
final class JobText {
  static final String NONE = "–";

  private JobText() {}

  static String id(JsonNode job) {
    return job.path("id").asText();
  }

  /** Returns one of the service's statuses. */
  static String phase(JsonNode job) {
    return job.path("status").asText();
  }

  static boolean isOver(JsonNode job) {
    return List.of("completed", "cancelled", "failed").contains(phase(job));
  }

  /**
   * Returns the samples of the version under way, of those that it needs: {@code 40/256}; after the
   * end those of the last version.
   */
  static String samples(JsonNode job) {
    JsonNode last = lastVersion(job);
    if (isOver(job)) {
      return last == null ? NONE : last.path("samples").asText();
    }
    JsonNode samples = job.path("samples");
    return samples.path("collected").asLong() + "/" + samples.path("wanted").asLong();
  }

  /** Returns the pass of the calibration and the share of all work that is done. */
  static String progress(JsonNode job) {
    JsonNode progress = job.path("progress");
    return progress.isObject()
        ? "%s %.0f %%"
            .formatted(progress.path("pass").asText(), 100 * progress.path("share").asDouble())
        : NONE;
  }

  /** Returns the newest published version; null if there is none. */
  static @Nullable JsonNode lastVersion(JsonNode job) {
    JsonNode versions = job.path("versions");
    return versions.isEmpty() ? null : versions.get(versions.size() - 1);
  }

  /** Returns the notes about the samples of the version under way, else of the last one. */
  static List<String> notes(JsonNode job) {
    JsonNode last = lastVersion(job);
    JsonNode notes = job.path("notes");
    if (notes.isEmpty() && last != null) {
      notes = last.path("notes");
    }
    return lines(notes);
  }

  /** Returns the texts of an array. */
  static List<String> lines(JsonNode array) {
    List<String> lines = new ArrayList<>();
    array.forEach(line -> lines.add(line.asText()));
    return lines;
  }

  /** Returns a job in one line. */
  static String line(JsonNode job) {
    List<String> parts = new ArrayList<>();
    parts.add("%-20s %-12s".formatted(id(job), phase(job)));
    if (!isOver(job)) {
      parts.add(samples(job) + " samples");
    }
    JsonNode progress = job.path("progress");
    if (progress.isObject()) {
      parts.add(progress(job));
      parts.add(progress.path("ratios").size() + " layers rounded");
    }
    JsonNode last = lastVersion(job);
    if (last != null) {
      parts.add(
          "version %d from %d samples, %s"
              .formatted(
                  last.path("version").asInt(),
                  last.path("samples").asLong(),
                  Figures.bytes(last.path("bytes").asLong())));
    }
    if (job.hasNonNull("error")) {
      parts.add(job.path("error").asText());
    }
    return String.join("  ", parts);
  }
}
