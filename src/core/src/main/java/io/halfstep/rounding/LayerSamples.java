package io.halfstep.rounding;

import io.halfstep.statistics.SampleReservoir;
import io.halfstep.tensor.ClipFunction;
import io.halfstep.tensor.Patches;

/**
 * What a solver that works from stored samples needs to know of the layer.
 *
 * @param reservoir teacher's and student's inputs of some samples
 * @param patches how the layer sees them
 * @param bias of each row, added before the activation function; zeros where there is none
 * @param activation f_a of [A] eq. 25
 */
public record LayerSamples(
    SampleReservoir reservoir, Patches patches, float[] bias, ClipFunction activation) {}
