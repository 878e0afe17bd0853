/** Log lines: the job they are about, the newest ones of a job, and their rate. */
@NullMarked
package io.halfstep.service.logging;

import org.jspecify.annotations.NullMarked;
