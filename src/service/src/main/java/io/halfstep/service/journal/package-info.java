/**
 * What a service remembers in its journal: the events of jobs and of their registry, what they add
 * up to, how they are serialized, and the database that holds them.
 */
@NullMarked
package io.halfstep.service.journal;

import org.jspecify.annotations.NullMarked;
