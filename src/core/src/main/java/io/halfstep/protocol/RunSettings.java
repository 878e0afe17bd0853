package io.halfstep.protocol;

/**
 * What is the same for all stages of a run, on whichever node they are.
 *
 * @param edgeCredit bytes in flight on an edge, at least 1; one batch is always allowed
 * @param reservoirBytes how many bytes of samples a layer stores whose solver works from samples
 */
public record RunSettings(long edgeCredit, long reservoirBytes) {}
