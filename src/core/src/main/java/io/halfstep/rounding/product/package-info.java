/**
 * Product quantization: each vector of consecutive weights is rounded to one of the vectors of a
 * codebook.
 */
@NullMarked
package io.halfstep.rounding.product;

import org.jspecify.annotations.NullMarked;
