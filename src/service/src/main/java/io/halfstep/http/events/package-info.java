/** Server-sent events. */
@NullMarked
package io.halfstep.http.events;

import org.jspecify.annotations.NullMarked;
