package io.halfstep.service.samples;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.source.Admission;
import io.halfstep.source.RawSample;
import java.util.List;
import java.util.Map;

/** Makes samples of inference requests as they are on the wire, for intakes other than HTTP. */
@FunctionalInterface
public interface RequestDecoder {
  /**
   * The samples of a request.
   *
   * @param headers by name, as in HTTP
   * @throws InvalidInputException if it is malformed, or does not fit the model
   */
  List<RawSample> decode(byte[] body, Map<String, String> headers, Admission admission);
}
