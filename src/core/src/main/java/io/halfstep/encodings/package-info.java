/** Encodings that a file gives, in place of those that calibration would choose. */
@NullMarked
package io.halfstep.encodings;

import org.jspecify.annotations.NullMarked;
