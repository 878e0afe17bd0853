/**
 * The long-running service: jobs take live samples, calibrate, publish models, and continue after
 * the process was killed.
 *
 * <p>A job's decisions are events in the journal ({@link io.halfstep.service.journal.JobEvent});
 * large data is in files: its model and plan, the log of its samples, its checkpoints, its
 * published versions. A sample is acknowledged once it is in the log; the calibration reads the
 * log, so that each pass, and each attempt after a kill, sees the same batches.
 */
@NullMarked
package io.halfstep.service;

import org.jspecify.annotations.NullMarked;
