/**
 * Gradients of ONNX models, as ONNX models: reverse-mode differentiation of a graph whose shapes
 * are known.
 *
 * <p>{@link io.halfstep.gradient.GradientModel} adds the backward nodes; each operator's part is an
 * {@code OperatorGradient}.
 */
@NullMarked
package io.halfstep.gradient;

import org.jspecify.annotations.NullMarked;
