/**
 * Learns the weights, biases and steps of a block by gradient, so that its output in the student is
 * that of the teacher.
 *
 * <p>Names in brackets refer to: [B] Li et al. 2021, BRECQ (arXiv 2102.05426); [L] Esser et al.
 * 2020, LSQ (arXiv 1902.08153); [Q] Wei et al. 2022, QDrop (arXiv 2203.05740).
 */
@NullMarked
package io.halfstep.learning;

import org.jspecify.annotations.NullMarked;
