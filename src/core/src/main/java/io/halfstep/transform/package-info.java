/** Changes of a network before it is quantized that leave its float function as it is. */
@NullMarked
package io.halfstep.transform;

import org.jspecify.annotations.NullMarked;
