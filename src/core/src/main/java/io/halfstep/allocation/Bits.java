package io.halfstep.allocation;

/**
 * The widths of a layer.
 *
 * @param weights bits per weight
 * @param activations bits of the layer's input; 0 for float
 */
public record Bits(int weights, int activations) {}
