/**
 * The process, and the commands that need no running service: quantize, inspect, evaluate, serve,
 * journal.
 */
@NullMarked
package io.halfstep.cli;

import org.jspecify.annotations.NullMarked;
