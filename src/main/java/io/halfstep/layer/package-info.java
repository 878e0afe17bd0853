/** The actors, one per layer and one per group of operators, and the messages between them. */
@NullMarked
package io.halfstep.layer;

import org.jspecify.annotations.NullMarked;
