/** The service's state as Micrometer meters, for Prometheus. */
@NullMarked
package io.halfstep.metrics;

import org.jspecify.annotations.NullMarked;
