/** Figures and messages for users. */
@NullMarked
package io.halfstep.text;

import org.jspecify.annotations.NullMarked;
