package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;

import akka.persistence.jdbc.query.javadsl.JdbcReadJournal;
import akka.persistence.query.PersistenceQuery;
import akka.persistence.typed.PersistenceId;
import akka.stream.javadsl.Sink;
import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JobEvent;
import io.halfstep.service.journal.JobSpec;
import io.halfstep.service.journal.Journal;
import io.halfstep.service.journal.OpenJournal;
import io.halfstep.service.settings.ServiceSettings;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The journal of a long job keeps only its latest events. */
class JournalRetentionTest {
  private static final int CHECKPOINTS = 998;

  @Test
  void oldEventsGoAndTheJobStaysAsItIs(@TempDir Path state) throws Exception {
    ServiceSettings settings = LocalService.settings(state);
    JobSpec spec;
    try (LocalService service = LocalService.start(settings)) {
      spec = service.job(service.submit("net", 24)).job().spec();
      LocalService.done(service.service().pause(spec.id()));
    }
    PersistenceId id = Journal.job(settings, spec.id());
    JobEvent.CheckpointCompleted checkpoint =
        new JobEvent.CheckpointCompleted(7, "observe", 8, 1_700_000_000_000L);
    try (OpenJournal journal = OpenJournal.of(settings)) {
      List<JobEvent> checkpoints = Collections.nCopies(CHECKPOINTS, checkpoint);
      journal.append(id, Job.submitted(spec), Job::apply, (Job job) -> checkpoints);
    }

    try (LocalService service = LocalService.start(settings)) {
      LocalService.done(service.service().cancel(spec.id())); // the thousandth event
      Await.until("few events", () -> events(service, id) <= 200);
    }

    try (LocalService service = LocalService.start(settings)) {
      assertThat(service.status(spec.id())).isEqualTo("cancelled");
      assertThat(service.job(spec.id()).job().checkpoint()).isEqualTo(checkpoint);
    }
    assertThat(state.resolve("journal.trace.db")).doesNotExist();
  }

  @Test
  void nothingStaysOfAJobThatIsDeleted(@TempDir Path state) throws Exception {
    ServiceSettings settings = LocalService.settings(state);
    try (LocalService service = LocalService.start(settings)) {
      String id = service.submit("net", 8);
      String other = service.submit("other", 8);
      service.feed(id, 0, 8);
      service.awaitCompleted(id);
      LocalService.done(service.service().pause(other));
      assertThat(events(service, Journal.job(settings, id))).isPositive();

      LocalService.done(service.service().delete(id));

      assertThat(events(service, Journal.job(settings, id))).isZero();
      assertThat(events(service, Journal.job(settings, other))).isPositive();
    }
    try (LocalService service = LocalService.start(settings)) {
      assertThat(service.ids()).containsExactly("other-2");
    }
  }

  private static int events(LocalService service, PersistenceId id) {
    return LocalService.done(
            PersistenceQuery.get(service.service().system())
                .getReadJournalFor(JdbcReadJournal.class, JdbcReadJournal.Identifier())
                .currentEventsByPersistenceId(id.id(), 0, Long.MAX_VALUE)
                .runWith(Sink.seq(), service.service().system()))
        .size();
  }
}
