/** A quantized network: what a run finds, and what export and report read. */
@NullMarked
package io.halfstep.network;

import org.jspecify.annotations.NullMarked;
