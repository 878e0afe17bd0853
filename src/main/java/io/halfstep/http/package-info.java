/**
 * Inference requests as the Open Inference Protocol (KServe's v2) and Triton's binary tensor data
 * extension put them on the wire.
 */
@NullMarked
package io.halfstep.http;

import org.jspecify.annotations.NullMarked;
