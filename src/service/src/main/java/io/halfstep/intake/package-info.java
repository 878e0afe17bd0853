/**
 * Intake of live samples from requests, a topic ({@link io.halfstep.intake.KafkaIntake}) or a
 * folder ({@link io.halfstep.intake.WatchedFolder}). They are stored in a durable log ({@link
 * io.halfstep.intake.SampleLog}) before they are acknowledged.
 */
@NullMarked
package io.halfstep.intake;

import org.jspecify.annotations.NullMarked;
