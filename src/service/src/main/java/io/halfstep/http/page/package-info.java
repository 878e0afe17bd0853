/** The web page; its files are resources of this package. */
@NullMarked
package io.halfstep.http.page;

import org.jspecify.annotations.NullMarked;
