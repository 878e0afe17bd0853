/** Output of commands: text and tables, JSON, progress, exit codes. */
@NullMarked
package io.halfstep.cli.terminal;

import org.jspecify.annotations.NullMarked;
