/** What batch norms imply of the tensors of a network, without any samples ([D] §4.2). */
@NullMarked
package io.halfstep.distribution;

import org.jspecify.annotations.NullMarked;
