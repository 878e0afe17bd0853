/**
 * Learns the weights, biases and steps of a block by gradient, so that its output in the student is
 * that of the teacher.
 *
 * <p>Li et al. 2021, BRECQ (arXiv 2102.05426); Esser et al. 2020, LSQ (arXiv 1902.08153).
 */
@NullMarked
package io.halfstep.learning;

import org.jspecify.annotations.NullMarked;
