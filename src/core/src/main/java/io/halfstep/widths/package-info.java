/** Mixed precision: the widths that layers may have, and what each costs. */
@NullMarked
package io.halfstep.widths;

import org.jspecify.annotations.NullMarked;
