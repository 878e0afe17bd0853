/** The quantized network: the result of a run, and the input of export and report. */
@NullMarked
package io.halfstep.network;

import org.jspecify.annotations.NullMarked;
