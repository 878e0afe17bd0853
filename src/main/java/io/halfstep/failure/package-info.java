/** What a user can do wrong, said so that the user can put it right. */
@NullMarked
package io.halfstep.failure;

import org.jspecify.annotations.NullMarked;
