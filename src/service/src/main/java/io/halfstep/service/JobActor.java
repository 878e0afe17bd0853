package io.halfstep.service;

import static java.util.Objects.requireNonNull;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.PreRestart;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.pattern.StatusReply;
import akka.persistence.typed.RecoveryCompleted;
import akka.persistence.typed.RecoveryFailed;
import akka.persistence.typed.javadsl.CommandHandler;
import akka.persistence.typed.javadsl.Effect;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehavior;
import akka.persistence.typed.javadsl.RetentionCriteria;
import akka.persistence.typed.javadsl.SignalHandler;
import io.halfstep.calibration.CalibrationActor;
import io.halfstep.calibration.CalibrationResult;
import io.halfstep.checkpoint.CheckpointInfo;
import io.halfstep.checkpoint.LeftStatistics;
import io.halfstep.protocol.StageActor;
import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.Job.Phase;
import io.halfstep.service.journal.JobEvent;
import io.halfstep.service.journal.Journal;
import io.halfstep.service.journal.UnavailableException;
import io.halfstep.service.logging.JobLog;
import io.halfstep.service.samples.RequestDecoder;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.service.version.Retention;
import io.halfstep.service.version.Validation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one job. Its decisions are persisted as events; side effects such as open files or a running
 * calibration follow from the state, also after a restart:
 *
 * <pre>
 *   ACTIVE ──samples complete──► sealed ──calibrated──► published ──last version──► COMPLETED
 *     │ ▲                                             or rejected
 *     │ │                          the calibration runs from the first sample on      CANCELLED
 *     ▼ │                                                                             FAILED
 *   PAUSED (samples are still taken)                          FAILED ──resumed──► ACTIVE
 * </pre>
 *
 * <p>A lack of disk space or memory is not an event: the job waits and retries.
 */
final class JobActor extends EventSourcedBehavior<JobActor.Command, JobEvent, Job> {
  private static final Logger LOG = LoggerFactory.getLogger(JobActor.class);

  /** The fewest samples of a version that is sealed after some time. */
  private static final int LEAST_SAMPLES = 8;

  /** A message to a job. */
  interface Command extends StageActor.Local {}

  /** A user's request. */
  record Ask(JobRequest request, ActorRef<StatusReply<Done>> replyTo)
      implements Command, Asked<Done> {}

  /** Releases all resources and stops the actor; the job's state stays. */
  record Stop(ActorRef<StatusReply<Done>> replyTo) implements Command, Asked<Done> {}

  private enum Full implements Command {
    INSTANCE
  }

  private record Opened(OpenJob files) implements Command {}

  private record Checkpointed(VersionRun run, CheckpointInfo checkpoint) implements Command {}

  private record Calibrated(VersionRun run, CalibrationResult result) implements Command {}

  private record Decided(PublicationOfJob.Outcome outcome) implements Command {}

  /** The time for samples of the version that learns from this number on has passed. */
  private record Due(long windowStart) implements Command {}

  private enum Closed implements Command {
    INSTANCE
  }

  /** A calibration ended without a result. */
  private record Halted(VersionRun run, Throwable cause) implements Command {}

  /** Work on files failed. */
  private record Broken(Throwable cause) implements Command {}

  /** Handling a message failed. */
  private record Defect(RuntimeException cause) implements Command {}

  /** Drops versions that are no longer to be kept. */
  enum Expire implements Command {
    INSTANCE
  }

  /** Retries what failed. */
  private record Again(int number) implements Command {}

  /** The work on files that is under way; one at a time. */
  private enum Work {
    NONE,
    OPENING,
    PUBLISHING,
    CLOSING
  }

  private final ActorContext<Command> context;
  private final LiveJob live;
  private final ServiceSettings settings;
  private final RequestDecoder decoder;
  private final Webhook webhook;
  private final Consumer<Phase> phases;
  private final Executor io;
  private final Retries retries;
  private final Tidying tidying;
  private @Nullable OpenJob files;
  private @Nullable VersionRun current;
  private @Nullable VersionRun ahead;
  private @Nullable PublicationOfJob publication;
  private @Nullable Stop stopping;
  private @Nullable Asked<Done> storing;
  private @Nullable Job tidied;
  private Work work = Work.NONE;
  private long awaited = -1;
  private long failedAhead = -1;

  private JobActor(
      ActorContext<Command> context,
      LiveJob live,
      ServiceSettings settings,
      RequestDecoder decoder,
      Webhook webhook,
      Consumer<Phase> phases) {
    super(Journal.job(settings, live.job().spec().id()), Journal.AWAY);
    this.context = context;
    this.live = live;
    this.retries = new Retries(live);
    this.settings = settings;
    this.decoder = decoder;
    this.webhook = webhook;
    this.phases = phases;
    this.io = context.getSystem().dispatchers().lookup(DispatcherSelector.blocking());
    this.tidying = new Tidying(live, io);
  }

  /**
   * Creates the actor of a job.
   *
   * @param webhook is told what becomes of versions
   * @param phases called with the job's phase before others can see it
   */
  static Behavior<Command> create(
      LiveJob live,
      ServiceSettings settings,
      RequestDecoder decoder,
      Webhook webhook,
      Consumer<Phase> phases) {
    return Behaviors.setup(
        context -> new JobActor(context, live, settings, decoder, webhook, phases));
  }

  @Override
  public Job emptyState() {
    return Job.submitted(live.job().spec()); // also replayed after an outage
  }

  @Override
  public EventHandler<Job, JobEvent> eventHandler() {
    return (job, event) -> job.apply(event);
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return Journal.RETENTION;
  }

  @Override
  public SignalHandler<Job> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(
            RecoveryCompleted.instance(),
            job -> {
              live.journal().back(job.spec().id());
              recovered(job);
            })
        .onSignal(
            RecoveryFailed.class,
            (job, failed) -> {
              live.journal().away(job.spec().id(), failed.getFailure());
              unavailable();
            })
        .onSignal(
            PreRestart.class,
            (job, restart) -> {
              live.journal().away(job.spec().id());
              unavailable();
            })
        .build();
  }

  /** Keeps the last known state while the journal is away and recovery is retried. */
  private void unavailable() {
    refuseStoring();
    live.recovered().complete(Done.getInstance());
  }

  private void refuseStoring() {
    if (storing != null) {
      storing.refuse(UnavailableException.journal());
      storing = null;
    }
  }

  @Override
  public CommandHandler<Command, JobEvent, Job> commandHandler() {
    CommandHandler<Command, JobEvent, Job> handler =
        newCommandHandlerBuilder()
            .forAnyState()
            .onCommand(Ask.class, this::ask)
            .onCommand(Stop.class, this::stop)
            .onCommand(Opened.class, (job, opened) -> opened(job, opened.files()))
            .onCommand(Full.class, (job, message) -> full(job))
            .onCommand(Checkpointed.class, this::checkpointed)
            .onCommand(Calibrated.class, this::calibrated)
            .onCommand(Decided.class, this::decided)
            .onCommand(Due.class, this::due)
            .onCommand(Closed.class, (job, message) -> closed(job))
            .onCommand(Halted.class, this::halted)
            .onCommand(Broken.class, (job, broken) -> broken(job, broken.cause()))
            .onCommand(Defect.class, (job, defect) -> setback(job, defect.cause()))
            .onCommand(Expire.class, (job, message) -> expire(job))
            .onCommand(Again.class, this::again)
            .build();
    return (job, command) -> {
      try {
        return handler.apply(job, command);
      } catch (RuntimeException e) { // a defect fails this job only
        if (command instanceof Asked<?> asked) {
          asked.refuse(e);
        }
        return setback(job, e);
      }
    };
  }

  private static long now() {
    return System.currentTimeMillis();
  }

  /** Persists an event, runs the side effects of the new state, and then replies. */
  private Effect<JobEvent, Job> happened(JobEvent event, @Nullable Asked<Done> asked) {
    storing = asked;
    return Effect()
        .persist(event)
        .thenRun(
            (Job job) -> {
              webhook.tell(job, event);
              if (!job.phase().isFinal() && !(event instanceof JobEvent.CheckpointCompleted)) {
                tidying.tidy(job, files);
              }
              goOn(job);
              storing = null;
              if (asked != null) {
                asked.replyTo().tell(StatusReply.ack());
              }
            });
  }

  private Effect<JobEvent, Job> ask(Job job, Ask ask) {
    String refusal = ask.request().refusal(job, retries.waits(), taken());
    if (refusal != null) {
      ask.refuse(refusal);
      return Effect().none();
    }
    if (ask.request() == JobRequest.Control.RESUME && job.phase() == Phase.ACTIVE) {
      tryAgain(job);
      ask.replyTo().tell(StatusReply.ack());
      return Effect().none();
    }
    retries.end();
    long end = ask.request() == JobRequest.Control.SEAL ? sealed(job) : taken();
    return happened(ask.request().event(job, end, now()), ask);
  }

  /** Ends the version under way with the samples taken so far, before that is stored. */
  private long sealed(Job job) {
    long end = Math.min(taken(), job.windowEnd());
    return current == null ? end : current.bound(end);
  }

  private long taken() {
    return files == null ? 0 : files.log().size();
  }

  /** Continues after the start or an outage of the journal, whose lost messages are sent again. */
  private void recovered(Job job) {
    refuseStoring();
    awaited = -1;
    goOn(job);
    live.recovered().complete(Done.getInstance());
  }

  /** Starts what the state requires and is not under way yet. */
  private void goOn(Job job) {
    if (files != null) {
      files.log().limit(job.logEnd()); // before others see that more samples are wanted
    }
    phases.accept(job.phase());
    live.job(job);
    try {
      if (stopping != null || job.phase().isFinal()) {
        letGo(job);
      } else if (files == null) {
        if (work == Work.NONE && !retries.waits()) {
          open();
        }
      } else {
        compute(job, files);
      }
    } catch (RuntimeException e) {
      context.getSelf().tell(new Defect(e));
    }
  }

  private void compute(Job job, OpenJob from) {
    long full = job.isSealed() ? job.logEnd() : job.windowEnd();
    if (awaited != full) {
      awaited = full;
      context.pipeToSelf(from.log().reached(full), (reached, failure) -> Full.INSTANCE);
      if (!job.isSealed()) {
        await(job);
      }
    }
    if (job.phase() == Phase.PAUSED) {
      halt();
    } else if ((work == Work.NONE || work == Work.PUBLISHING) && !retries.waits()) {
      calibrate(job, from);
    }
  }

  private void open() {
    work = Work.OPENING;
    tidied = null;
    context.pipeToSelf(
        CompletableFuture.supplyAsync(
            () -> OpenJob.open(live, settings, decoder, context.getSystem()), io),
        (opened, failure) -> opened != null ? new Opened(opened) : new Broken(failure));
  }

  private Effect<JobEvent, Job> opened(Job job, OpenJob opened) {
    work = Work.NONE;
    files = opened;
    awaited = -1;
    retries.succeeded();
    if (stopping == null && !job.phase().isFinal()) {
      live.open(opened);
      tidying.tidy(job, files);
    }
    goOn(job);
    return Effect().none();
  }

  /** Seals the version under way if it has all its samples; the next one may have its, too. */
  private Effect<JobEvent, Job> full(Job job) {
    boolean complete =
        files != null
            && !job.phase().isFinal()
            && !job.isSealed()
            && files.log().size() >= job.windowEnd();
    if (complete) {
      return happened(new JobEvent.Sealed(job.windowEnd(), now()), null);
    }
    goOn(job);
    return Effect().none();
  }

  /** Seals the version under way after some time, if that is wanted. */
  private void await(Job job) {
    if (job.spec().everySeconds() > 0) {
      long due = job.openedAt() + 1000 * job.spec().everySeconds();
      context.scheduleOnce(
          Duration.ofMillis(Math.max(0, due - now())),
          context.getSelf(),
          new Due(job.windowStart()));
    }
  }

  private Effect<JobEvent, Job> due(Job job, Due due) {
    if (files == null || job.isSealed() || due.windowStart() != job.windowStart()) {
      return Effect().none();
    }
    long taken = files.log().size();
    if (taken < job.windowStart() + LEAST_SAMPLES) {
      context.scheduleOnce(Duration.ofSeconds(job.spec().everySeconds()), context.getSelf(), due);
      return Effect().none();
    }
    return happened(new JobEvent.Sealed(sealed(job), now()), null);
  }

  /** Calibrates the version under way, and the next one as soon as it has its samples. */
  private void calibrate(Job job, OpenJob from) {
    if (current == null && ahead != null) {
      boolean follows = ahead.isOf(job);
      if (!follows && ahead.isUnderWay()) { // the version before is not published
        ahead.cancel();
        return;
      }
      current = follows ? ahead : null;
      ahead = null;
      if (current != null && current.result() != null) {
        publish(current.result());
      }
    }
    if (current == null) {
      current = start(job, null, from);
    }
    current.seal(job);
    if (ahead == null && overlaps(job)) {
      ahead = start(job.withNextPublished(), current.left(), from);
    }
    live.calibrating(current.progress(), ahead == null ? null : ahead.progress());
  }

  /** Returns whether the version after the one under way has its samples, and is to begin. */
  private boolean overlaps(Job job) {
    return settings.versionsAtOnce() > 1
        && job.isSealed()
        && job.nextVersion() != job.spec().versions()
        && failedAhead != job.windowStart()
        && taken() >= job.logEnd();
  }

  private VersionRun start(Job job, @Nullable LeftStatistics awaited, OpenJob from) {
    VersionRun run = new VersionRun(job, awaited, live.progress(job, from.graph()));
    CompletableFuture<CalibrationResult> outcome = new CompletableFuture<>();
    ActorRef<Command> self = context.getSelf();
    run.start(
        context.spawnAnonymous(
            JobLog.about(
                job.spec().id(),
                CalibrationActor.Command.class,
                CalibrationActor.create(
                    CalibrationOfJob.request(
                        live,
                        run,
                        from,
                        settings,
                        io,
                        done -> self.tell(new Checkpointed(run, done))),
                    outcome))));
    context.pipeToSelf(
        outcome,
        (result, failure) ->
            result != null ? new Calibrated(run, result) : new Halted(run, failure));
    return run;
  }

  private void halt() {
    if (ahead != null) { // first, so that it does not fail with the other
      ahead.cancel();
    }
    if (current != null) {
      current.cancel();
    }
  }

  private Effect<JobEvent, Job> checkpointed(Job job, Checkpointed message) {
    CheckpointInfo checkpoint = message.checkpoint();
    if (message.run() != current || job.phase().isFinal()) {
      return Effect().none(); // of the next version, which finds it when its turn comes
    }
    retries.succeeded();
    return happened(
        new JobEvent.CheckpointCompleted(
            checkpoint.number(),
            checkpoint.pass(),
            checkpoint.samples(),
            checkpoint.at().toEpochMilli()),
        null);
  }

  private Effect<JobEvent, Job> calibrated(Job job, Calibrated message) {
    message.run().succeeded(message.result());
    if (message.run() == current && stopping == null && !job.phase().isFinal()) {
      publish(message.result());
    } else {
      goOn(job);
    }
    return Effect().none();
  }

  private void publish(CalibrationResult result) {
    work = Work.PUBLISHING;
    publication =
        new PublicationOfJob(live, requireNonNull(files), settings, context.getSystem(), io);
    context.pipeToSelf(
        publication.publish(result),
        (outcome, failure) -> outcome != null ? new Decided(outcome) : new Broken(failure));
  }

  private Effect<JobEvent, Job> decided(Job job, Decided message) {
    work = Work.NONE;
    current = null;
    awaited = -1;
    retries.succeeded();
    if (stopping != null || job.phase().isFinal()) {
      goOn(job); // if the version's files are in place, the next start finds them
      return Effect().none();
    }
    PublicationOfJob.Outcome outcome = message.outcome();
    Validation validation = outcome.validation();
    String compared = validation == null ? "" : "; " + validation.describe(job.current());
    int version = job.nextVersion();
    if (!outcome.isPublished()) {
      live.reject();
      JobLog.about(
          job.spec().id(), () -> LOG.warn("version {} is not published{}", version, compared));
      return happened(
          new JobEvent.Rejected(
              outcome.samples(),
              requireNonNull(validation).decibels(),
              validation.currentDecibels(),
              now()),
          null);
    }
    JobLog.about(
        job.spec().id(),
        () ->
            LOG.info(
                "version {} published, from {} samples{}", version, outcome.samples(), compared));
    context.getSelf().tell(Expire.INSTANCE);
    return happened(
        new JobEvent.Published(version, outcome.samples(), outcome.bytes(), now(), outcome.notes()),
        null);
  }

  private Effect<JobEvent, Job> expire(Job job) {
    List<Integer> expired = Retention.of(settings).expired(job, Instant.ofEpochMilli(now()));
    return expired.isEmpty()
        ? Effect().none()
        : happened(new JobEvent.VersionsDropped(expired, now()), null);
  }

  private Effect<JobEvent, Job> halted(Job job, Halted message) {
    boolean cancelled = message.cause() instanceof CancellationException;
    if (message.run() != current) {
      ahead = null;
      if (!cancelled) { // it is tried again in its turn
        failedAhead = job.windowStart();
        JobLog.about(job.spec().id(), () -> LOG.debug("the next version", message.cause()));
      }
      goOn(job);
      return Effect().none();
    }
    halt();
    current.failed();
    current = null;
    if (cancelled) {
      goOn(job);
      return Effect().none();
    }
    return setback(job, message.cause());
  }

  private Effect<JobEvent, Job> broken(Job job, Throwable cause) {
    work = Work.NONE;
    current = null;
    return setback(job, cause);
  }

  private Effect<JobEvent, Job> setback(Job job, Throwable cause) {
    if (stopping != null || job.phase().isFinal()) {
      goOn(job);
      return Effect().none();
    }
    Setback setback = Setback.of(cause, live.folder());
    JobLog.about(job.spec().id(), () -> LOG.debug("setback", cause));
    if (setback.passes()) {
      Duration wait = retries.begin(setback.reason());
      context.scheduleOnce(wait, context.getSelf(), new Again(retries.current()));
      return Effect().none();
    }
    retries.end();
    JobLog.about(job.spec().id(), () -> LOG.error("failed: {}", setback.reason()));
    return happened(new JobEvent.Failed(setback.reason(), now()), null);
  }

  private Effect<JobEvent, Job> again(Job job, Again again) {
    if (retries.waits() && again.number() == retries.current()) { // else a request came first
      tryAgain(job);
    }
    return Effect().none();
  }

  private void tryAgain(Job job) {
    retries.end();
    goOn(job);
  }

  private Effect<JobEvent, Job> stop(Job job, Stop message) {
    stopping = message;
    goOn(job);
    return Effect().none();
  }

  /** Closes the files and removes what is no longer needed, once nothing is under way. */
  private void letGo(Job job) {
    live.open(null);
    if (publication != null) {
      publication.stop();
    }
    halt();
    boolean busy =
        work != Work.NONE
            || (current != null && current.isUnderWay())
            || (ahead != null && ahead.isUnderWay());
    if (!busy && (stopping != null || !job.equals(tidied))) {
      close(job);
    }
  }

  private void close(Job job) {
    work = Work.CLOSING;
    tidied = job;
    current = null;
    ahead = null;
    OpenJob closing = files;
    files = null;
    context.pipeToSelf(tidying.close(job, closing), (closed, failure) -> Closed.INSTANCE);
  }

  private Effect<JobEvent, Job> closed(Job job) {
    work = Work.NONE;
    if (stopping != null) {
      stopping.replyTo().tell(StatusReply.ack());
      return Effect().stop();
    }
    goOn(job);
    return Effect().none();
  }
}
