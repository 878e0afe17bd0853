/** Runs models on the same samples and compares what they compute. */
@NullMarked
package io.halfstep.cli.evaluation;

import org.jspecify.annotations.NullMarked;
