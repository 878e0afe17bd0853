/** The files of a published version, and the drift of its inputs since the previous one. */
@NullMarked
package io.halfstep.service.version;

import org.jspecify.annotations.NullMarked;
