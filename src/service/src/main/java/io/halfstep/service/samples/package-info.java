/**
 * Live samples of a job: requests, Kafka topics and watched folders offer them; the intake checks,
 * counts and logs them.
 */
@NullMarked
package io.halfstep.service.samples;

import org.jspecify.annotations.NullMarked;
