package io.halfstep.service.journal;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.service.samples.LiveSource;
import io.halfstep.service.samples.LiveSources;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a job; immutable.
 *
 * @param id unique in the service
 * @param model the name that inference requests are sent to
 * @param modelFile the float model, relative to the job's folder, or absolute if it was not
 *     uploaded
 * @param samples the samples per version
 * @param samplingRate the share of the offered samples that is taken, in (0, 1]
 * @param sources other sources of samples, by the key of their {@link LiveSource}
 * @param versions how many versions to publish, each from its own samples; 0: until the job is
 *     cancelled
 * @param halfLife how many samples later earlier ones count half; 0: they don't count at all
 * @param everySeconds after how long a version takes no more samples, even if it has fewer; 0:
 *     never
 * @param submittedAt milliseconds since 1970
 */
public record JobSpec(
    String id,
    String model,
    String modelFile,
    long samples,
    double samplingRate,
    Map<String, String> sources,
    int versions,
    long halfLife,
    long everySeconds,
    long submittedAt) {

  public JobSpec {
    sources = Map.copyOf(sources);
  }

  /** Returns whether versions are published until the job is cancelled. */
  public boolean isUnending() {
    return versions == 0;
  }

  /** Returns the number at the end of the id; later jobs have greater numbers. */
  public long number() {
    return number(id);
  }

  /**
   * Returns the number at the end of a job's id.
   *
   * @throws NumberFormatException if it is not a job's id
   */
  public static long number(String id) {
    return Long.parseLong(id.substring(id.lastIndexOf('-') + 1));
  }

  /** Returns the fields for the journal: each kind of source is a field, null if not used. */
  @JsonValue
  Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("id", id);
    fields.put("model", model);
    fields.put("modelFile", modelFile);
    fields.put("samples", samples);
    fields.put("samplingRate", samplingRate);
    LiveSources.keys().forEach(key -> fields.put(key, sources.get(key)));
    fields.put("versions", versions);
    if (halfLife > 0) {
      fields.put("halfLife", halfLife);
    }
    if (everySeconds > 0) {
      fields.put("everySeconds", everySeconds);
    }
    fields.put("submittedAt", submittedAt);
    return fields;
  }

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static JobSpec of(JsonNode fields) {
    Map<String, String> sources = new LinkedHashMap<>();
    for (String key : LiveSources.keys()) {
      if (fields.hasNonNull(key)) {
        sources.put(key, fields.get(key).asText());
      }
    }
    return new JobSpec(
        fields.path("id").asText(),
        fields.path("model").asText(),
        fields.path("modelFile").asText(),
        fields.path("samples").asLong(),
        fields.path("samplingRate").asDouble(),
        sources,
        fields.path("versions").asInt(),
        fields.path("halfLife").asLong(),
        fields.path("everySeconds").asLong(),
        fields.path("submittedAt").asLong());
  }
}
