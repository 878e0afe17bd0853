/** The solvers by name. This package composes them and is the only one that knows them all. */
@NullMarked
package io.halfstep.rounding.solver;

import org.jspecify.annotations.NullMarked;
