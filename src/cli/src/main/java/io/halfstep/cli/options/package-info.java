/** Options that several commands share. */
@NullMarked
package io.halfstep.cli.options;

import org.jspecify.annotations.NullMarked;
