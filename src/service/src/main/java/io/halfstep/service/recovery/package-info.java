/** Maintenance of the journal of a service that is not running. */
@NullMarked
package io.halfstep.service.recovery;

import org.jspecify.annotations.NullMarked;
