/** What an operator does with the journal of a service that does not run. */
@NullMarked
package io.halfstep.service.recovery;

import org.jspecify.annotations.NullMarked;
