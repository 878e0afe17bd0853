/**
 * Serialization for network and disk. {@link io.halfstep.wire.Forms} is the table of all classes:
 * the number, the writer, and the readers of all versions. The messages stay plain records that do
 * not depend on it, and everything that must never change is in one place. Reflection is not used:
 * renaming a field or moving a constant changes no bytes.
 *
 * <p>Kryo supplies the buffered streams with integers of variable length. Its object graphs are not
 * used: messages have no references to each other, so the table is sufficient, and it needs no pool
 * of instances that are not thread-safe.
 */
@NullMarked
package io.halfstep.wire;

import org.jspecify.annotations.NullMarked;
