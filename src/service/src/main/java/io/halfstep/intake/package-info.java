/**
 * How live samples come in and are kept: in requests, from a topic ({@link
 * io.halfstep.intake.KafkaIntake}) or from a folder ({@link io.halfstep.intake.WatchedFolder}),
 * into a durable log ({@link io.halfstep.intake.SampleLog}) before they are acknowledged.
 */
@NullMarked
package io.halfstep.intake;

import org.jspecify.annotations.NullMarked;
