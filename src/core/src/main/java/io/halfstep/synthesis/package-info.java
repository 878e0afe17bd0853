/**
 * Samples that are made of a network alone ([Z] Cai et al. 2020, ZeroQ, arXiv 2001.00281, §3.1):
 * noise that is optimized until the statistics of each batch are those of the batch norms.
 */
@NullMarked
package io.halfstep.synthesis;

import org.jspecify.annotations.NullMarked;
