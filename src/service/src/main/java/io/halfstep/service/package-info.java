/**
 * The long-running service: jobs that are fed with live samples, calibrate, publish models, and go
 * on where they were when the process was killed.
 *
 * <p>What a job decides is an event in the journal ({@link io.halfstep.service.journal.JobEvent});
 * what is large is a file beside it: its model and plan, the log of its samples, its checkpoints,
 * the versions that it published. A sample is acknowledged once it is in the log; the calibration
 * reads the log, so that each pass, and each attempt after a kill, sees the same batches.
 */
@NullMarked
package io.halfstep.service;

import org.jspecify.annotations.NullMarked;
