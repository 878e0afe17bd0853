/**
 * Finds what quantization loses where, and what helps: tries plans and measures the outputs, after
 * the debugging flow of [W] §3.
 */
@NullMarked
package io.halfstep.analysis;

import org.jspecify.annotations.NullMarked;
