/**
 * What all solvers share: the problem of one row, the rounded rows, and the progress of the work.
 */
@NullMarked
package io.halfstep.rounding.row;

import org.jspecify.annotations.NullMarked;
