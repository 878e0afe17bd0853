/** AdaRound: the continuous relaxation of [A], from moments and from stored samples. */
@NullMarked
package io.halfstep.rounding.adaround;

import org.jspecify.annotations.NullMarked;
