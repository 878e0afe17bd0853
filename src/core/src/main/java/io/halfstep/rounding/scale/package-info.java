/**
 * The search for scales and zero points that lower the error after rounding. How a row is rounded
 * for a trial is up to the solver that runs the search ({@link
 * io.halfstep.rounding.scale.TrialRounding}).
 */
@NullMarked
package io.halfstep.rounding.scale;

import org.jspecify.annotations.NullMarked;
