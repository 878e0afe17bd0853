/**
 * What is known before a run: whether the samples are like those that the model was trained on,
 * whether the parameters are finite, and the memory that the run takes.
 */
@NullMarked
package io.halfstep.inspection;

import org.jspecify.annotations.NullMarked;
