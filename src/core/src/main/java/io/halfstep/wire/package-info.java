/**
 * Serialization of what crosses a wire or a disk. {@link io.halfstep.wire.Forms} is the table of
 * all classes: a number, how it is written, and how each version of it is read. The messages know
 * nothing of it and stay plain records, and what must never change stands in one place. Nothing is
 * found out by reflection: a field that is renamed, or a constant that is moved, changes no byte.
 *
 * <p>Kryo supplies the buffered streams with integers of variable length. Its object graphs are not
 * used: the table does the same with less, as messages hold no references to each other, and needs
 * no pool of instances that are not thread-safe.
 */
@NullMarked
package io.halfstep.wire;

import org.jspecify.annotations.NullMarked;
