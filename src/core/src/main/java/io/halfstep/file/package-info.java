/** Atomic writing of files. */
@NullMarked
package io.halfstep.file;

import org.jspecify.annotations.NullMarked;
