/** What a command shows: text and tables, JSON, progress, an exit code. */
@NullMarked
package io.halfstep.cli.terminal;

import org.jspecify.annotations.NullMarked;
