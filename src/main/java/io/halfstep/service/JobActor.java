package io.halfstep.service;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.pattern.StatusReply;
import akka.persistence.typed.PersistenceId;
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
import io.halfstep.calibration.CheckpointInfo;
import io.halfstep.layer.StageActor;
import io.halfstep.service.Job.Phase;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One job's life. Its decisions are events; what they entail – files that are open, a calibration
 * that runs – follows from the state, also after a restart:
 *
 * <pre>
 *   ACTIVE ──samples complete──► sealed ──calibrated──► published ──last version──► COMPLETED
 *     │ ▲                          the calibration runs from the first sample on      FAILED
 *     ▼ │                                                                             CANCELLED
 *   PAUSED (samples are still taken)
 * </pre>
 */
final class JobActor extends EventSourcedBehavior<JobActor.Command, JobEvent, Job> {
  private static final Logger LOG = LoggerFactory.getLogger(JobActor.class);

  /** A message to a job. */
  interface Command extends StageActor.Local {}

  /** What a user asks; answered when it is in the journal. */
  enum Request {
    /** Compute no more for now. */
    PAUSE,
    /** Compute on. */
    RESUME,
    /** Learn from the samples that are there; take no more for this version. */
    SEAL,
    /** End, unfinished. */
    CANCEL
  }

  /** A user's request. */
  record Ask(Request request, ActorRef<StatusReply<Done>> replyTo) implements Command {}

  /** Let go of everything and end; the job itself stays as it is. */
  record Stop(ActorRef<StatusReply<Done>> replyTo) implements Command {}

  private enum Full implements Command {
    INSTANCE
  }

  private record Opened(OpenJob files) implements Command {}

  private record Checkpointed(CheckpointInfo checkpoint) implements Command {}

  private record Calibrated(CalibrationResult result) implements Command {}

  private record Written(long samples, long bytes) implements Command {}

  /** The calibration has ended because it was cancelled. */
  private enum Halted implements Command {
    INSTANCE
  }

  private enum Closed implements Command {
    INSTANCE
  }

  private record Broken(Throwable cause) implements Command {}

  private final ActorContext<Command> context;
  private final LiveJob live;
  private final ServiceSettings settings;
  private final RequestDecoder decoder;
  private final Executor io;
  private @Nullable OpenJob files;
  private @Nullable ActorRef<CalibrationActor.Command> calibration;
  private CompletableFuture<Long> windowEnd = new CompletableFuture<>();
  private @Nullable ActorRef<StatusReply<Done>> stopping;
  private long awaited = -1;
  private boolean opening;
  private boolean writing;
  private boolean over;

  private JobActor(
      ActorContext<Command> context,
      LiveJob live,
      ServiceSettings settings,
      RequestDecoder decoder) {
    super(persistenceId(settings, live.job().spec()), Journal.AWAY);
    this.context = context;
    this.live = live;
    this.settings = settings;
    this.decoder = decoder;
    this.io = context.getSystem().dispatchers().lookup(DispatcherSelector.blocking());
  }

  static PersistenceId persistenceId(ServiceSettings settings, JobSpec spec) {
    return PersistenceId.of("job", settings.text("name") + "/" + spec.id());
  }

  static Behavior<Command> create(LiveJob live, ServiceSettings settings, RequestDecoder decoder) {
    return Behaviors.setup(context -> new JobActor(context, live, settings, decoder));
  }

  @Override
  public Job emptyState() {
    return Job.submitted(live.job().spec()); // events are told anew also when the journal was away
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
              recovered(job);
              live.recovered().complete(Done.getInstance());
            })
        .onSignal(
            RecoveryFailed.class,
            (job, failed) -> {
              String why = "its events cannot be read: " + failed.getFailure().getMessage();
              JobLog.about(job.spec().id(), () -> LOG.error("{}", why));
              live.job(job.apply(new JobEvent.Failed(why, now())));
              live.recovered().complete(Done.getInstance());
            })
        .build();
  }

  @Override
  public CommandHandler<Command, JobEvent, Job> commandHandler() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onCommand(Ask.class, this::ask)
        .onCommand(Stop.class, this::stop)
        .onCommand(Opened.class, (job, opened) -> opened(job, opened.files()))
        .onCommand(Full.class, (job, message) -> full(job))
        .onCommand(Checkpointed.class, this::checkpointed)
        .onCommand(Calibrated.class, this::calibrated)
        .onCommand(Written.class, this::written)
        .onCommand(Closed.class, (job, message) -> closed())
        .onCommand(Halted.class, (job, message) -> halted(job))
        .onCommand(Broken.class, (job, broken) -> broken(job, broken.cause()))
        .build();
  }

  private static long now() {
    return System.currentTimeMillis();
  }

  /** Persists an event; what follows from the new state follows, then whoever asked is answered. */
  private Effect<JobEvent, Job> happened(
      JobEvent event, @Nullable ActorRef<StatusReply<Done>> replyTo) {
    return Effect()
        .persist(event)
        .thenRun(
            (Job job) -> {
              goOn(job);
              if (replyTo != null) {
                replyTo.tell(StatusReply.ack());
              }
            });
  }

  private Effect<JobEvent, Job> ask(Job job, Ask ask) {
    String refusal = refusal(job, ask.request());
    if (refusal != null) {
      ask.replyTo().tell(StatusReply.error(refusal));
      return Effect().none();
    }
    return happened(
        switch (ask.request()) {
          case PAUSE -> new JobEvent.Paused(now());
          case RESUME -> new JobEvent.Resumed(now());
          case CANCEL -> new JobEvent.Cancelled(now());
          case SEAL -> new JobEvent.Sealed(taken(), now());
        },
        ask.replyTo());
  }

  private @Nullable String refusal(Job job, Request request) {
    if (job.phase().isFinal()) {
      return "the job is %s".formatted(JobView.status(job));
    }
    return switch (request) {
      case PAUSE -> job.phase() == Phase.PAUSED ? "the job is paused already" : null;
      case RESUME -> job.phase() == Phase.ACTIVE ? "the job is not paused" : null;
      case CANCEL -> null;
      case SEAL -> {
        if (job.isSealed()) {
          yield "the job has all its samples already";
        }
        yield taken() <= job.windowStart() ? "the job has no sample yet" : null;
      }
    };
  }

  private long taken() {
    return files == null ? 0 : files.log().size();
  }

  /** At the start, and when the journal was away: then what it did not take is to be told again. */
  private void recovered(Job job) {
    goOn(job);
    if (files != null) {
      context.getSelf().tell(Full.INSTANCE);
    }
  }

  /** Does what the state asks for and is not under way yet. */
  private void goOn(Job job) {
    live.job(job);
    if (stopping != null) {
      return;
    }
    if (job.phase().isFinal()) {
      if (calibration != null) {
        halt();
      } else if (!writing && !over) {
        over = true;
        close();
      }
    } else if (files == null) {
      open();
    } else {
      files.log().limit(job.windowEnd());
      if (job.isSealed()) {
        windowEnd.complete(job.sealedAt());
      } else if (awaited != job.windowEnd()) {
        awaited = job.windowEnd();
        context.pipeToSelf(files.log().reached(awaited), (reached, failure) -> Full.INSTANCE);
      }
      if (job.phase() == Phase.PAUSED) {
        halt();
      } else if (calibration == null && !writing) {
        calibrate(job, files);
      }
    }
  }

  private void open() {
    if (opening) {
      return;
    }
    opening = true;
    context.pipeToSelf(
        CompletableFuture.supplyAsync(
            () -> OpenJob.open(live, settings, decoder, context.getSystem()), io),
        (opened, failure) -> opened != null ? new Opened(opened) : new Broken(failure));
  }

  private Effect<JobEvent, Job> opened(Job job, OpenJob opened) {
    opening = false;
    files = opened;
    if (stopping == null && !job.phase().isFinal()) {
      live.open(opened);
    }
    if (stopping != null) {
      return end();
    }
    goOn(job);
    return Effect().none();
  }

  /** The version under way may have all its samples. */
  private Effect<JobEvent, Job> full(Job job) {
    boolean complete =
        files != null
            && !job.phase().isFinal()
            && !job.isSealed()
            && files.log().size() >= job.windowEnd();
    return complete ? happened(new JobEvent.Sealed(job.windowEnd(), now()), null) : Effect().none();
  }

  private void calibrate(Job job, OpenJob from) {
    windowEnd = new CompletableFuture<>();
    if (job.isSealed()) {
      windowEnd.complete(job.sealedAt());
    }
    CompletableFuture<CalibrationResult> outcome = new CompletableFuture<>();
    ActorRef<Command> self = context.getSelf();
    calibration =
        context.spawnAnonymous(
            JobLog.about(
                job.spec().id(),
                CalibrationActor.Command.class,
                CalibrationActor.create(
                    CalibrationOfJob.request(
                        live, from, settings, windowEnd, done -> self.tell(new Checkpointed(done))),
                    outcome)));
    context.pipeToSelf(
        outcome,
        (result, failure) -> {
          if (result != null) {
            return new Calibrated(result);
          }
          Throwable cause = cause(failure);
          return cause instanceof java.util.concurrent.CancellationException
              ? Halted.INSTANCE
              : new Broken(cause);
        });
  }

  private void halt() {
    if (calibration != null) {
      calibration.tell(CalibrationActor.Cancel.INSTANCE);
    }
  }

  private Effect<JobEvent, Job> checkpointed(Job job, Checkpointed message) {
    CheckpointInfo checkpoint = message.checkpoint();
    return job.phase().isFinal()
        ? Effect().none()
        : happened(
            new JobEvent.CheckpointCompleted(
                checkpoint.number(),
                checkpoint.pass(),
                checkpoint.samples(),
                checkpoint.at().toEpochMilli()),
            null);
  }

  private Effect<JobEvent, Job> calibrated(Job job, Calibrated message) {
    calibration = null;
    if (stopping != null || job.phase().isFinal()) {
      return halted(job);
    }
    writing = true;
    int version = job.nextVersion();
    context.pipeToSelf(
        CompletableFuture.supplyAsync(() -> Publication.write(live, version, message.result()), io),
        (bytes, failure) ->
            bytes != null
                ? new Written(message.result().network().samples(), bytes)
                : new Broken(failure));
    return Effect().none();
  }

  private Effect<JobEvent, Job> written(Job job, Written message) {
    writing = false;
    if (stopping != null) {
      return end(); // the version is in place; the next start finds it there
    }
    if (job.phase().isFinal()) {
      goOn(job);
      return Effect().none();
    }
    int version = job.nextVersion();
    JobLog.about(
        job.spec().id(),
        () -> LOG.info("version {} published, from {} samples", version, message.samples()));
    return happened(
        new JobEvent.Published(version, message.samples(), message.bytes(), now()), null);
  }

  private Effect<JobEvent, Job> halted(Job job) {
    calibration = null;
    if (stopping != null) {
      return end();
    }
    goOn(job);
    return Effect().none();
  }

  private Effect<JobEvent, Job> broken(Job job, Throwable failure) {
    calibration = null;
    opening = false;
    writing = false;
    if (stopping != null) {
      return end();
    }
    if (job.phase().isFinal()) {
      return Effect().none();
    }
    Throwable cause = cause(failure);
    String reason = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    JobLog.about(job.spec().id(), () -> LOG.error("failed: {}", reason));
    LOG.debug("failed", cause);
    return happened(new JobEvent.Failed(reason, now()), null);
  }

  private static Throwable cause(@Nullable Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : java.util.Objects.requireNonNull(failure);
  }

  private Effect<JobEvent, Job> stop(Job job, Stop message) {
    stopping = message.replyTo();
    live.open(null);
    if (calibration != null) {
      halt();
    } else if (!opening && !writing) {
      return end();
    }
    return Effect().none();
  }

  private Effect<JobEvent, Job> end() {
    close();
    return Effect().none();
  }

  /** Closes what is open, off the mailbox: what waits to be written is written first. */
  private void close() {
    live.open(null);
    OpenJob closing = files;
    files = null;
    context.pipeToSelf(
        CompletableFuture.runAsync(
            () -> {
              if (closing != null) {
                closing.close();
              }
              if (live.job().phase().isFinal()) {
                live.folder().finish(live.job());
              }
            },
            io),
        (closed, failure) -> Closed.INSTANCE);
  }

  private Effect<JobEvent, Job> closed() {
    if (stopping == null) {
      return Effect().none();
    }
    stopping.tell(StatusReply.ack());
    return Effect().stop();
  }
}
