package io.halfstep.service.samples;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.source.Admission;
import io.halfstep.source.RawSample;
import java.util.List;
import java.util.Map;

/** Decodes inference requests that do not come by HTTP. */
@FunctionalInterface
public interface RequestDecoder {
  /**
   * Returns the samples of a request.
   *
   * @param headers by name, as in HTTP
   * @throws InvalidInputException if it is malformed, or does not fit the model
   */
  List<RawSample> decode(byte[] body, Map<String, String> headers, Admission admission);
}
