/** Where batches come from. */
@NullMarked
package io.halfstep.source;

import org.jspecify.annotations.NullMarked;
