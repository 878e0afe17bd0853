/** The settings of a service and their validation. */
@NullMarked
package io.halfstep.service.settings;

import org.jspecify.annotations.NullMarked;
