package io.halfstep.transform;

import io.halfstep.graph.Layer;
import java.util.Map;

/**
 * Two layers, the second of which reads the first's output channels as its input channels, through
 * functions {@code f} with {@code f(s·x) = s·f(x)} for {@code s > 0}; nothing else reads them.
 *
 * @param first the layer that makes the channels
 * @param second the layer that reads them
 * @param clips c of each {@code Clip(0, c)} between them, by the node's output
 * @param passesShifts whether the functions also have {@code f(x − c) = f(x) − c} for {@code x ≥ c
 *     ≥ 0}, but for the limits of the clips
 */
record LayerPair(Layer first, Layer second, Map<String, Float> clips, boolean passesShifts) {}
