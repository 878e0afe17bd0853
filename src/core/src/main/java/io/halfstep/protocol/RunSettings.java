package io.halfstep.protocol;

/**
 * The settings of all stages of a run, on any node.
 *
 * @param edgeCredit bytes in flight on an edge, at least 1; one batch is always allowed
 * @param reservoirBytes the bytes of samples stored by a layer whose solver works from samples
 */
public record RunSettings(long edgeCredit, long reservoirBytes) {}
