/**
 * The process, and the commands that work on their own: quantize, inspect, evaluate, serve,
 * journal.
 */
@NullMarked
package io.halfstep.cli;

import org.jspecify.annotations.NullMarked;
