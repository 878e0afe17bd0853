/**
 * Serialization of what crosses a wire or a disk. It is apart from the messages so that these stay
 * plain records, and so that the numbers and forms that must never change stand in one place.
 */
@NullMarked
package io.halfstep.wire;

import org.jspecify.annotations.NullMarked;
