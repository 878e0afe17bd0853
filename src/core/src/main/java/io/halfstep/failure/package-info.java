/** Failures and their causes, with messages that tell the user what to do. */
@NullMarked
package io.halfstep.failure;

import org.jspecify.annotations.NullMarked;
