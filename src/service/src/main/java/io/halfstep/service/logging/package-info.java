/** Lines of the log: which job they are about, and how often they may come. */
@NullMarked
package io.halfstep.service.logging;

import org.jspecify.annotations.NullMarked;
