/** Figures and messages as people read them. */
@NullMarked
package io.halfstep.text;

import org.jspecify.annotations.NullMarked;
