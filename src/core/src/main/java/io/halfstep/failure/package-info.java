/** What can go wrong, and at whose door it lies; said so that the user can put it right. */
@NullMarked
package io.halfstep.failure;

import org.jspecify.annotations.NullMarked;
