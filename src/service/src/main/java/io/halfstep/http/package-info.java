/**
 * The HTTP server, on Akka HTTP: jobs under {@code /jobs}, live data by the Open Inference Protocol
 * under {@code /v2}.
 */
@NullMarked
package io.halfstep.http;

import org.jspecify.annotations.NullMarked;
