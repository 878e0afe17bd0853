/**
 * The journal: the events and states of jobs and their registry, their serialization, and the
 * database.
 */
@NullMarked
package io.halfstep.service.journal;

import org.jspecify.annotations.NullMarked;
