/**
 * How much the outputs of a network change with its weights and activations, by gradients.
 *
 * <p>Names in brackets refer to: [H] Dong et al. 2020, HAWQ-V2 (arXiv 1911.03852).
 */
@NullMarked
package io.halfstep.sensitivity;

import org.jspecify.annotations.NullMarked;
