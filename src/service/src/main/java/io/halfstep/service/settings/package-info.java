/** How a service is set up, and what may stand in each setting. */
@NullMarked
package io.halfstep.service.settings;

import org.jspecify.annotations.NullMarked;
