/** Bodies of requests: their limits, and the rest of one that is answered before its end. */
@NullMarked
package io.halfstep.http.body;

import org.jspecify.annotations.NullMarked;
