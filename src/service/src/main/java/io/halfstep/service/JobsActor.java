package io.halfstep.service;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.PreRestart;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.AskPattern;
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
import io.halfstep.protocol.StageActor;
import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JobSpec;
import io.halfstep.service.journal.Journal;
import io.halfstep.service.journal.Registry;
import io.halfstep.service.journal.RegistryEvent;
import io.halfstep.service.journal.UnavailableException;
import io.halfstep.service.logging.JobLog;
import io.halfstep.service.samples.RequestDecoder;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.service.state.StateBinding;
import io.halfstep.service.state.StateDirectory;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the registry of all jobs in the journal, and runs an actor for each. */
final class JobsActor extends EventSourcedBehavior<JobsActor.Command, RegistryEvent, Registry> {
  private static final Logger LOG = LoggerFactory.getLogger(JobsActor.class);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration EXPIRE_EVERY = Duration.ofHours(1);
  private static final String WRITER = "jobs";

  /** A message to the jobs. */
  interface Command extends StageActor.Local {}

  /** Submits a job; the reply has its final parameters. */
  record Submit(Submission submission, long samples, ActorRef<StatusReply<JobSpec>> replyTo)
      implements Command, Asked<JobSpec> {}

  /** A request to one job. */
  record Act(String id, JobRequest request, ActorRef<StatusReply<Done>> replyTo)
      implements Command, Asked<Done> {}

  /** Ends a job, if necessary, and removes all its files. */
  record Delete(String id, ActorRef<StatusReply<Done>> replyTo) implements Command, Asked<Done> {}

  /** Stops all jobs; they continue at the next start. */
  record Shutdown(ActorRef<Done> replyTo) implements Command {}

  /** Checks whether this actor works; it replies once it is ready. */
  record Ping(ActorRef<Done> replyTo) implements Command {}

  /** Removes what is no longer to be kept. */
  private enum Expire implements Command {
    INSTANCE
  }

  private record Moved(JobSpec spec, ActorRef<StatusReply<JobSpec>> replyTo)
      implements Command, Asked<JobSpec> {}

  private record Stopped(String id, ActorRef<StatusReply<Done>> replyTo)
      implements Command, Asked<Done> {}

  private enum AllStopped implements Command {
    INSTANCE
  }

  /** A job's phase changed. */
  private record Told(String id, Job.Phase phase) implements Command {}

  /** The state directory belongs to the journal. */
  private record Matched(String state) implements Command {}

  /** Completes a request with its reply. */
  private record Answer(Runnable answer) implements Command {}

  private final ActorContext<Command> context;
  private final ServiceSettings settings;
  private final StateDirectory state;
  private final LiveJobs liveJobs;
  private final RequestDecoder decoder;
  private final Webhook webhook;
  private final CompletableFuture<Done> ready;
  private final Executor io;
  private final JobFiles files;

  /** Survives a restart of this actor. */
  private final UnfinishedJobs unfinished;

  private @Nullable Asked<?> storing;
  private long numbered;

  private JobsActor(
      ActorContext<Command> context,
      ServiceSettings settings,
      StateDirectory state,
      LiveJobs liveJobs,
      RequestDecoder decoder,
      Webhook webhook,
      CompletableFuture<Done> ready,
      UnfinishedJobs unfinished) {
    super(Journal.registry(settings), Journal.AWAY);
    this.context = context;
    this.settings = settings;
    this.state = state;
    this.liveJobs = liveJobs;
    this.decoder = decoder;
    this.webhook = webhook;
    this.ready = ready;
    this.unfinished = unfinished;
    unfinished.noneStarts();
    this.files = new JobFiles(state, settings);
    this.io = context.getSystem().dispatchers().lookup(DispatcherSelector.blocking());
  }

  /**
   * Creates the actor for the jobs of a state directory.
   *
   * @param decoder of requests that do not come by HTTP
   * @param webhook is told what becomes of versions
   * @param ready completed when the existing jobs are recovered
   */
  static Behavior<Command> create(
      ServiceSettings settings,
      StateDirectory state,
      LiveJobs liveJobs,
      RequestDecoder decoder,
      Webhook webhook,
      CompletableFuture<Done> ready) {
    UnfinishedJobs unfinished = new UnfinishedJobs(settings.activeJobs());
    return Behaviors.supervise(
            Behaviors.<Command>setup(
                context ->
                    new JobsActor(
                        context, settings, state, liveJobs, decoder, webhook, ready, unfinished)))
        .onFailure(RuntimeException.class, Journal.ANEW);
  }

  @Override
  public Registry emptyState() {
    return Registry.EMPTY;
  }

  @Override
  public EventHandler<Registry, RegistryEvent> eventHandler() {
    return Registry::apply;
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return Journal.RETENTION;
  }

  @Override
  public SignalHandler<Registry> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::recovered)
        .onSignal(
            RecoveryFailed.class,
            (registry, failed) -> {
              ready.completeExceptionally(failed.getFailure()); // at the start only
              liveJobs.journal().away(WRITER, failed.getFailure());
              refuseStoring();
            })
        .onSignal(PreRestart.class, (registry, restart) -> beginsAnew())
        .onSignal(Terminated.class, (registry, ended) -> {})
        .build();
  }

  /** Restarts, after an event could not be stored or a failure of this actor. */
  private void beginsAnew() {
    if (storing != null) {
      liveJobs.journal().away(WRITER);
      refuseStoring();
    }
  }

  private void refuseStoring() {
    if (storing != null) {
      storing.refuse(UnavailableException.journal());
    }
  }

  @Override
  public CommandHandler<Command, RegistryEvent, Registry> commandHandler() {
    CommandHandler<Command, RegistryEvent, Registry> handler =
        newCommandHandlerBuilder()
            .forAnyState()
            .onCommand(Submit.class, this::submit)
            .onCommand(Moved.class, (registry, moved) -> moved(moved))
            .onCommand(Act.class, this::act)
            .onCommand(Told.class, (registry, told) -> told(told))
            .onCommand(Delete.class, this::delete)
            .onCommand(Stopped.class, (registry, stopped) -> stopped(stopped))
            .onCommand(Shutdown.class, (registry, shutdown) -> shutdown(registry, shutdown))
            .onCommand(Matched.class, this::matched)
            .onCommand(Ping.class, (registry, ping) -> alive(ping))
            .onCommand(Answer.class, (registry, answer) -> answer(answer))
            .onCommand(Expire.class, (registry, message) -> expire())
            .onCommand(AllStopped.class, (registry, message) -> Effect().stop())
            .build();
    return (registry, command) -> {
      try {
        return handler.apply(registry, command);
      } catch (RuntimeException e) { // one bad message must not affect the other jobs
        LOG.error("failed to handle {}", command.getClass().getSimpleName(), e);
        if (command instanceof Asked<?> asked) {
          asked.refuse(e);
        }
        return Effect().none();
      }
    };
  }

  private void recovered(Registry registry) {
    liveJobs.journal().back(WRITER);
    numbered = Math.max(numbered, registry.lastNumber());
    if (ready.isDone()) {
      reconcile(registry);
      return;
    }
    context.pipeToSelf(
        CompletableFuture.supplyAsync(() -> StateBinding.of(state, registry, settings), io),
        (id, failure) ->
            failure == null
                ? new Matched(id)
                : new Answer(() -> ready.completeExceptionally(failure)));
  }

  private Effect<RegistryEvent, Registry> matched(Registry registry, Matched matched) {
    return matched.state().equals(registry.state())
        ? Effect().none().thenRun(this::begin)
        : Effect().persist(new RegistryEvent.Bound(matched.state())).thenRun(this::begin);
  }

  private void begin(Registry registry) {
    ActorRef<Command> self = context.getSelf();
    CompletableFuture<?>[] recovered =
        registry.jobs().values().stream()
            .map(
                spec ->
                    actor(spec.id())
                        .flatMap(job -> liveJobs.job(spec.id()))
                        .orElseGet(() -> spawn(spec))
                        .recovered())
            .toArray(CompletableFuture<?>[]::new);
    var unused =
        CompletableFuture.allOf(recovered)
            .thenRun(
                () -> {
                  ready.complete(Done.getInstance());
                  self.tell(Expire.INSTANCE);
                });
  }

  /** Continues after an outage of the journal or a restart, with exactly one actor for each job. */
  private void reconcile(Registry registry) {
    registry.jobs().values().stream()
        .filter(spec -> actor(spec.id()).isEmpty())
        .forEach(this::spawn);
    if (storing instanceof Moved moved) {
      unfinished.started(moved.spec().id());
      settle(registry, moved.spec().id());
    } else if (storing instanceof Stopped stopped) {
      settle(registry, stopped.id());
    }
    storing = null;
  }

  /** Removes the files of a job that is not in the registry. */
  private void settle(Registry registry, String id) {
    if (!registry.jobs().containsKey(id)) {
      forget(id);
    }
  }

  private void forget(String id) {
    removed(id);
    CompletableFuture.runAsync(() -> files.remove(id), io)
        .exceptionally(
            failure -> {
              LOG.warn("the files of {} could not be removed: {}", id, failure.toString());
              return null;
            });
  }

  private void removed(String id) {
    liveJobs.remove(id);
    unfinished.remove(id);
  }

  private Optional<ActorRef<JobActor.Command>> actor(String id) {
    return context.getChild(id).map(ActorRef::unsafeUpcast);
  }

  private LiveJob spawn(JobSpec spec) {
    LiveJob live = new LiveJob(Job.submitted(spec), state.job(spec.id()), liveJobs);
    liveJobs.put(live);
    ActorRef<Command> self = context.getSelf();
    ActorRef<JobActor.Command> job =
        context.spawn(
            JobLog.about(
                spec.id(),
                JobActor.Command.class,
                JobActor.create(
                    live,
                    settings,
                    decoder,
                    webhook,
                    phase -> self.tell(new Told(spec.id(), phase)))),
            spec.id());
    context.watch(job);
    return live;
  }

  private Effect<RegistryEvent, Registry> told(Told told) {
    unfinished.told(told.id(), told.phase());
    return Effect().none();
  }

  private Effect<RegistryEvent, Registry> submit(Registry registry, Submit submit) {
    Submission submission = submit.submission();
    String name = submission.model();
    String refusal = unfinished.refusal(registry.jobs().values(), name);
    if (refusal != null) {
      submit.refuse(refusal);
      return Effect().none();
    }
    JobSpec spec =
        new JobSpec(
            name + "-" + ++numbered,
            name,
            submission.modelFile(),
            submit.samples(),
            submission.samplingRate(),
            submission.sources(),
            submission.versions(),
            submission.halfLife(submit.samples()),
            submission.everySeconds(),
            System.currentTimeMillis());
    unfinished.starts(spec);
    context.pipeToSelf(
        CompletableFuture.supplyAsync(() -> files.take(submission, spec), io),
        (moved, failure) ->
            failure == null
                ? new Moved(spec, submit.replyTo())
                : new Answer(
                    () -> {
                      unfinished.started(spec.id());
                      submit.refuse(failure);
                    }));
    return Effect().none();
  }

  /** Persists an event, then runs {@code then}, which replies. */
  private Effect<RegistryEvent, Registry> happened(
      RegistryEvent event, Asked<?> asked, Runnable then) {
    storing = asked;
    return Effect()
        .persist(event)
        .thenRun(
            registry -> {
              storing = null;
              then.run();
            });
  }

  private Effect<RegistryEvent, Registry> moved(Moved moved) {
    JobSpec spec = moved.spec();
    return happened(
        new RegistryEvent.Submitted(spec),
        moved,
        () -> {
          unfinished.started(spec.id());
          spawn(spec);
          JobLog.about(
              spec.id(),
              () -> LOG.info("submitted: model {}, {} samples", spec.model(), spec.samples()));
          var unused =
              CompletableFuture.runAsync(() -> files.confirm(spec.id()), io)
                  .thenRun(() -> moved.replyTo().tell(StatusReply.success(spec)));
        });
  }

  private Effect<RegistryEvent, Registry> act(Registry registry, Act act) {
    Optional<ActorRef<JobActor.Command>> actor = actor(act.id());
    JobSpec spec = registry.jobs().get(act.id());
    if (actor.isEmpty() || spec == null) {
      act.refuse("no such job");
    } else if (liveJobs.journal().why(act.id()) != null) {
      act.refuse(UnavailableException.journal());
    } else if (act.request() == JobRequest.Control.RESUME && unfinished.hasFailed(act.id())) {
      restart(registry, act, spec, actor.get());
    } else {
      actor.get().tell(new JobActor.Ask(act.request(), act.replyTo()));
    }
    return Effect().none();
  }

  /** Resumes a failed job if the number of unfinished jobs allows it. */
  private void restart(Registry registry, Act act, JobSpec spec, ActorRef<JobActor.Command> actor) {
    String refusal = unfinished.refusal(registry.jobs().values(), spec.model());
    if (refusal != null) {
      act.refuse(refusal);
      return;
    }
    unfinished.starts(spec);
    context.askWithStatus(
        Done.class,
        actor,
        PATIENCE,
        (ActorRef<StatusReply<Done>> replyTo) -> new JobActor.Ask(act.request(), replyTo),
        (done, failure) ->
            new Answer(
                () -> {
                  unfinished.started(spec.id());
                  act.replyTo()
                      .tell(failure == null ? StatusReply.ack() : StatusReply.error(failure));
                }));
  }

  private Effect<RegistryEvent, Registry> delete(Registry registry, Delete delete) {
    Optional<ActorRef<JobActor.Command>> actor = actor(delete.id());
    if (!registry.jobs().containsKey(delete.id())) {
      delete.refuse("no such job");
    } else if (liveJobs.journal().why(delete.id()) != null) {
      delete.refuse(UnavailableException.journal());
    } else if (actor.isEmpty()) {
      return stopped(new Stopped(delete.id(), delete.replyTo()));
    } else {
      context.askWithStatus(
          Done.class,
          actor.get(),
          PATIENCE,
          JobActor.Stop::new,
          (done, failure) ->
              failure == null
                  ? new Stopped(delete.id(), delete.replyTo())
                  : new Answer(
                      () ->
                          delete.refuse(
                              new UnavailableException(
                                  "the job has not stopped yet; delete it again later"))));
    }
    return Effect().none();
  }

  /** Drops old versions and deletes jobs that ended long ago, now and in an hour again. */
  private Effect<RegistryEvent, Registry> expire() {
    context.scheduleOnce(EXPIRE_EVERY, context.getSelf(), Expire.INSTANCE);
    for (LiveJob job : liveJobs.jobs()) {
      String id = job.job().spec().id();
      if (job.endedBefore(settings.keepFinished())) {
        JobLog.about(id, () -> LOG.info("ended long ago (jobs.keep-finished-days)"));
        context.getSelf().tell(new Delete(id, context.getSystem().ignoreRef()));
      } else {
        actor(id).ifPresent(actor -> actor.tell(JobActor.Expire.INSTANCE));
      }
    }
    return Effect().none();
  }

  private Effect<RegistryEvent, Registry> stopped(Stopped stopped) {
    return happened(
        new RegistryEvent.Deleted(stopped.id()),
        stopped,
        () -> {
          removed(stopped.id());
          context.pipeToSelf(
              CompletableFuture.runAsync(() -> files.remove(stopped.id()), io),
              (nothing, failure) ->
                  new Answer(
                      () ->
                          stopped
                              .replyTo()
                              .tell(
                                  failure == null
                                      ? StatusReply.ack()
                                      : StatusReply.error(failure))));
        });
  }

  private Effect<RegistryEvent, Registry> alive(Ping ping) {
    ping.replyTo().tell(Done.getInstance());
    return Effect().none();
  }

  private Effect<RegistryEvent, Registry> answer(Answer answer) {
    answer.answer().run();
    return Effect().none();
  }

  private Effect<RegistryEvent, Registry> shutdown(Registry registry, Shutdown shutdown) {
    CompletableFuture<?>[] stops =
        registry.jobs().keySet().stream()
            .flatMap(id -> actor(id).stream())
            .map(
                job ->
                    AskPattern.askWithStatus(
                            job, JobActor.Stop::new, PATIENCE, context.getSystem().scheduler())
                        .toCompletableFuture())
            .toArray(CompletableFuture<?>[]::new);
    context.pipeToSelf(
        CompletableFuture.allOf(stops),
        (nothing, failure) -> {
          shutdown.replyTo().tell(Done.getInstance());
          return AllStopped.INSTANCE;
        });
    return Effect().none();
  }
}
