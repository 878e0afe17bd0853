package io.halfstep.http;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.samples.RequestDecoder;
import io.halfstep.source.Admission;
import io.halfstep.source.RawSample;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Decodes requests of the Open Inference Protocol that did not come over HTTP, but have its
 * headers.
 */
public final class WireRequests implements RequestDecoder {
  private final int largest;

  /**
   * A decoder.
   *
   * @param largest the largest size of a request after decompression
   */
  public WireRequests(long largest) {
    this.largest = (int) Math.min(largest, Integer.MAX_VALUE - 8);
  }

  @Override
  public List<RawSample> decode(byte[] body, Map<String, String> headers, Admission admission) {
    Map<String, String> byName = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    byName.putAll(headers);
    String encoding = byName.getOrDefault("Content-Encoding", "identity");
    byte[] plain =
        ContentCoding.of(encoding)
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "Content-Encoding: found '%s', expected %s or none"
                            .formatted(encoding, ContentCoding.SUPPORTED)))
            .unpack(body, largest);
    return InferenceRequest.parse(
            plain,
            jsonLength(byName.get(InferenceRequest.JSON_LENGTH_HEADER)),
            RequestLimits.DEFAULT)
        .samples(admission);
  }

  /** Parses the header with the length of the JSON. */
  static OptionalInt jsonLength(@org.jspecify.annotations.Nullable String header) {
    if (header == null) {
      return OptionalInt.empty();
    }
    if (!header.matches("[0-9]{1,9}")) {
      throw new InvalidInputException(
          "%s: found '%s', expected a number of bytes"
              .formatted(InferenceRequest.JSON_LENGTH_HEADER, header));
    }
    return OptionalInt.of(Integer.parseInt(header));
  }
}
