/** The partition of a model into stages: layers, and the operators between them. */
@NullMarked
package io.halfstep.graph;

import org.jspecify.annotations.NullMarked;
