package io.halfstep.ranges;

import io.halfstep.quantizer.Encoding;
import java.util.List;

/**
 * A weight's encoding under which no int32 bias clips.
 *
 * @param encoding the encoding, with scales raised where needed
 * @param raised the rows whose bias asked for a greater scale, ascending
 */
public record GuardedEncoding(Encoding encoding, List<Integer> raised) {}
