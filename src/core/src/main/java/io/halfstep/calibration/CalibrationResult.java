package io.halfstep.calibration;

import io.halfstep.allocation.Allocation;
import io.halfstep.encodings.GivenEncodings;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.plan.Plan;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The result of a run.
 *
 * @param network the quantized network
 * @param spooledBytes the bytes of batches that were spooled to disk
 * @param plan the plan of the run; if it had a budget, with the bits of each layer in its place
 * @param given the encodings of the plan's file; none if it names no file
 * @param notes what was changed in the network before it was quantized, one line each
 * @param allocation how the bits were chosen; null if there was no budget
 */
public record CalibrationResult(
    QuantizedNetwork network,
    long spooledBytes,
    Plan plan,
    GivenEncodings given,
    List<String> notes,
    @Nullable Allocation allocation) {}
