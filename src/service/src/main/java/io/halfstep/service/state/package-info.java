/** The state directory: its lock, the folders of the jobs, and its binding to a journal. */
@NullMarked
package io.halfstep.service.state;

import org.jspecify.annotations.NullMarked;
