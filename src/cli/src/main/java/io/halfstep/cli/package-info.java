/** The commands. */
@NullMarked
package io.halfstep.cli;

import org.jspecify.annotations.NullMarked;
