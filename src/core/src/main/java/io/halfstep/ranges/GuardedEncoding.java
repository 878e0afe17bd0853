package io.halfstep.ranges;

import io.halfstep.quantizer.Encoding;
import java.util.List;

/**
 * A weight's encoding with which no int32 bias clips.
 *
 * @param encoding the encoding, with raised scales where needed
 * @param raised the rows with a raised scale, ascending
 */
public record GuardedEncoding(Encoding encoding, List<Integer> raised) {}
