/** The files of a version, how it is compared with the current one, and how long it is kept. */
@NullMarked
package io.halfstep.service.version;

import org.jspecify.annotations.NullMarked;
