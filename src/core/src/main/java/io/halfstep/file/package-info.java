/** Files that are written whole or not at all. */
@NullMarked
package io.halfstep.file;

import org.jspecify.annotations.NullMarked;
