package io.halfstep.rounding;

import io.halfstep.quantizer.Encoding;
import io.halfstep.statistics.Moments;
import java.util.List;

/**
 * What a solver gets: find integers {@code [out, K]} on the encoding's grid that minimise the sum
 * over rows of {@link Moments}' {@code L}.
 *
 * @param weights the layer's weight {@code [out, K]}, real
 * @param out the number of rows
 * @param k the length of a row
 * @param encoding one scale, or one per row
 * @param moments one per group; row {@code r} belongs to group {@code r / (out/groups)}
 * @param seed fixes every random choice
 */
public record RoundingProblem(
    float[] weights, int out, int k, Encoding encoding, List<Moments> moments, long seed) {}
