/**
 * Chooses the levels of weights that are not evenly spaced, and their scales, from the weights and
 * their importance. {@link io.halfstep.levels.WeightLevelChoice} is the entry.
 *
 * <p>The letters in brackets name papers; {@code src/site/references.md} lists them.
 */
@NullMarked
package io.halfstep.levels;

import org.jspecify.annotations.NullMarked;
