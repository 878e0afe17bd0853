package io.halfstep.service;

import io.halfstep.calibration.CalibrationException;
import io.halfstep.failure.Fault;
import io.halfstep.service.state.JobFolder;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.concurrent.CompletionException;

/**
 * The consequence of a failure for a job.
 *
 * @param reason one line, with what to do
 * @param passes whether a retry may succeed without a change of the job
 */
record Setback(String reason, boolean passes) {
  static Setback of(Throwable thrown, JobFolder folder) {
    Throwable failure = root(thrown);
    Fault fault = failure instanceof CalibrationException stage ? stage.fault() : Fault.of(failure);
    String said = said(failure).replace(folder.root() + "/", ""); // hide the folder's path
    return new Setback(said + remedy(fault), fault.mayPass());
  }

  private static Throwable root(Throwable thrown) {
    Throwable root = thrown;
    while (root.getCause() != null
        && (root instanceof CompletionException
            || (root instanceof UncheckedIOException
                && root.getCause().toString().equals(root.getMessage())))) {
      root = root.getCause();
    }
    return root;
  }

  private static String said(Throwable failure) {
    if (failure instanceof FileSystemException file && file.getReason() != null) {
      return file.getFile() + ": " + file.getReason();
    }
    String message = failure.getMessage();
    return message == null || failure instanceof FileSystemException ? failure.toString() : message;
  }

  private static String remedy(Fault fault) {
    return switch (fault) {
      case DISK -> "; the job goes on when the disk of the state directory takes what it writes";
      case MEMORY -> "; give the service more memory (-Xmx in HALFSTEP_OPTS), or lower jobs.active";
      case INPUT, PROGRAM -> "";
    };
  }
}
