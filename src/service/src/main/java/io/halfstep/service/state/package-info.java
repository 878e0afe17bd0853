/** The state directory: its lock, the folders of the jobs, and whose journal belongs to it. */
@NullMarked
package io.halfstep.service.state;

import org.jspecify.annotations.NullMarked;
