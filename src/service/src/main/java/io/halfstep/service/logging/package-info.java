/** Log lines: the job they are about, and their rate. */
@NullMarked
package io.halfstep.service.logging;

import org.jspecify.annotations.NullMarked;
