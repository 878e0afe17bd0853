package io.halfstep;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.text.OneLine;
import io.halfstep.zoo.ZooResult;
import io.halfstep.zoo.ZooSetting;
import org.jspecify.annotations.Nullable;

/**
 * A network at a setting: either the figures of {@link ZooResult} or why there are none. Decibels
 * are {@code "Infinity"} where there is no error at all.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record ZooLine(
    String network,
    ZooSetting setting,
    @Nullable Integer layers,
    @JsonProperty("float_layers") @Nullable Integer floatLayers,
    @JsonProperty("float_bytes") @Nullable Long floatBytes,
    @Nullable Long bytes,
    @Nullable Double share,
    @JsonProperty("nearest_db") @Nullable Double nearestDb,
    @Nullable Double db,
    @JsonProperty("agreement_db") @Nullable Double agreementDb,
    @Nullable Double seconds,
    @Nullable String failure) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  static ZooLine of(String network, ZooSetting setting, ZooResult result) {
    return new ZooLine(
        network,
        setting,
        result.layers(),
        result.floatLayers(),
        result.floatBytes(),
        result.bytes(),
        rounded((double) result.bytes() / result.floatBytes(), 1000),
        rounded(result.nearestDb(), 100),
        rounded(result.db(), 100),
        rounded(result.agreementDb(), 100),
        rounded(result.seconds(), 100),
        null);
  }

  static ZooLine failed(String network, ZooSetting setting, String why) {
    return new ZooLine(
        network, setting, null, null, null, null, null, null, null, null, null, OneLine.of(why));
  }

  static ZooLine parse(String json) {
    try {
      return MAPPER.readValue(json, ZooLine.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(json, e);
    }
  }

  String json() {
    try {
      return MAPPER.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static double rounded(double value, double parts) {
    return Double.isFinite(value) ? Math.round(value * parts) / parts : value;
  }
}
