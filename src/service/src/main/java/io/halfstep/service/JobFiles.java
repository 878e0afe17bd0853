package io.halfstep.service;

import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JobSpec;
import io.halfstep.service.journal.Journal;
import io.halfstep.service.journal.JournalDatabase;
import io.halfstep.service.logging.JobLog;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.service.state.JobFolder;
import io.halfstep.service.state.OwnerOnly;
import io.halfstep.service.state.StateDirectory;
import io.halfstep.text.OneLine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates and removes the files of jobs. All methods block. */
record JobFiles(StateDirectory state, ServiceSettings settings) {
  private static final Logger LOG = LoggerFactory.getLogger(JobFiles.class);

  /** Makes a submission's folder the job's. */
  JobSpec take(Submission submission, JobSpec spec) {
    try {
      new JobFolder(submission.staged()).record(Job.submitted(spec));
      submission.force();
      OwnerOnly.restrict(submission.staged());
      Files.move(submission.staged(), state.job(spec.id()).root(), StandardCopyOption.ATOMIC_MOVE);
      return spec;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Marks the job as recorded in the journal. If that fails, the next start repeats it. */
  void confirm(String id) {
    try {
      state.confirm(id);
    } catch (IOException e) {
      JobLog.about(id, () -> LOG.warn("could not be confirmed yet: {}", e.toString()));
    }
  }

  /** Removes a job's files, then its events, which is safe since ids are not reused. */
  void remove(String id) {
    try {
      state.remove(id);
      JobLog.about(id, () -> LOG.info("deleted"));
      JournalDatabase.of(settings).forget(Journal.job(settings, id));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (SQLException e) {
      JobLog.about(id, () -> LOG.warn("stays in the journal: {}", OneLine.of(e.toString())));
    }
  }
}
