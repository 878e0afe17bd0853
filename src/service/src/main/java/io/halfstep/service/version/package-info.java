/** The files of a published version, and how far its inputs have moved from the last one. */
@NullMarked
package io.halfstep.service.version;

import org.jspecify.annotations.NullMarked;
