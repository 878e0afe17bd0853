package io.halfstep.cli.evaluation;

/**
 * How close an output of a model is to the first model's.
 *
 * @param name the first model's name for it
 * @param sqnrDb {@code 10·log10(Σy² / Σ(y−ŷ)²)} with the first model's y; infinite where both are
 *     the same, NaN if no element is finite in both
 * @param cosine of the angle between y and ŷ, the mean over the samples; NaN if all are 0
 * @param nonFiniteMatched how many elements are NaN, or the same infinity, in both models
 * @param nonFiniteUnmatched how many are NaN or infinite in one model only, or differ in it
 * @param degenerate what is wrong with an output that does not depend on its input; empty for
 *     others
 */
public record OutputScore(
    String name,
    double sqnrDb,
    double cosine,
    long nonFiniteMatched,
    long nonFiniteUnmatched,
    String degenerate) {}
