/** The commands that talk to a running service, over HTTP. */
@NullMarked
package io.halfstep.cli.client;

import org.jspecify.annotations.NullMarked;
