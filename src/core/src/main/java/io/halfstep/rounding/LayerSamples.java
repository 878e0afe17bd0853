package io.halfstep.rounding;

import io.halfstep.statistics.SampleReservoir;
import io.halfstep.tensor.ClipFunction;
import io.halfstep.tensor.Patches;

/**
 * What a solver that works from stored samples needs to know about the layer.
 *
 * @param reservoir the inputs of the teacher and of the student for some samples
 * @param patches how the layer cuts an input into columns
 * @param bias of each row, added before the activation function; zeros if the layer has no bias
 * @param activation f_a of [A] eq. 25
 */
public record LayerSamples(
    SampleReservoir reservoir, Patches patches, float[] bias, ClipFunction activation) {}
