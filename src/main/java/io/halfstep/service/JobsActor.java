package io.halfstep.service;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.Terminated;
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
import io.halfstep.layer.StageActor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All jobs: knows which there are, in the journal, and starts an actor for each. */
final class JobsActor extends EventSourcedBehavior<JobsActor.Command, RegistryEvent, Registry> {
  private static final Logger LOG = LoggerFactory.getLogger(JobsActor.class);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** A message to the jobs. */
  interface Command extends StageActor.Local {}

  /** A new job; answered with what became of it. */
  record Submit(Submission submission, long samples, ActorRef<StatusReply<JobSpec>> replyTo)
      implements Command {}

  /** A request to one job. */
  record Act(String id, JobActor.Request request, ActorRef<StatusReply<Done>> replyTo)
      implements Command {}

  /** Ends a job, if need be, and removes all its files. */
  record Delete(String id, ActorRef<StatusReply<Done>> replyTo) implements Command {}

  /** Lets all jobs stop; they go on at the next start. */
  record Shutdown(ActorRef<Done> replyTo) implements Command {}

  /** Asks whether this actor is at work; answered when it is. */
  record Ping(ActorRef<Done> replyTo) implements Command {}

  private record Moved(JobSpec spec, ActorRef<StatusReply<JobSpec>> replyTo) implements Command {}

  private record Stopped(String id, ActorRef<StatusReply<Done>> replyTo) implements Command {}

  private enum AllStopped implements Command {
    INSTANCE
  }

  /** The state directory is the journal's. */
  private record Matched(String state) implements Command {}

  /** What is left to be done of a request: its answer. */
  private record Answer(Runnable answer) implements Command {}

  private final ActorContext<Command> context;
  private final ServiceSettings settings;
  private final StateDirectory state;
  private final Board board;
  private final RequestDecoder decoder;
  private final CompletableFuture<Done> ready;
  private final Executor io;
  private final Map<String, ActorRef<JobActor.Command>> actors = new HashMap<>();
  private final Map<String, String> moving = new HashMap<>();
  private long numbered;

  private JobsActor(
      ActorContext<Command> context,
      ServiceSettings settings,
      StateDirectory state,
      Board board,
      RequestDecoder decoder,
      CompletableFuture<Done> ready) {
    super(persistenceId(settings), Journal.AWAY);
    this.context = context;
    this.settings = settings;
    this.state = state;
    this.board = board;
    this.decoder = decoder;
    this.ready = ready;
    this.io = context.getSystem().dispatchers().lookup(DispatcherSelector.blocking());
  }

  static PersistenceId persistenceId(ServiceSettings settings) {
    return PersistenceId.of("jobs", settings.text("name"));
  }

  /**
   * The jobs of a state directory.
   *
   * @param decoder of requests that do not come by HTTP
   * @param ready completed when those of earlier times are there again
   */
  static Behavior<Command> create(
      ServiceSettings settings,
      StateDirectory state,
      Board board,
      RequestDecoder decoder,
      CompletableFuture<Done> ready) {
    return Behaviors.setup(
        context -> new JobsActor(context, settings, state, board, decoder, ready));
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
            (registry, failed) -> ready.completeExceptionally(failed.getFailure()))
        .onSignal(
            Terminated.class, (registry, ended) -> actors.remove(ended.getRef().path().name()))
        .build();
  }

  @Override
  public CommandHandler<Command, RegistryEvent, Registry> commandHandler() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onCommand(Submit.class, this::submit)
        .onCommand(Moved.class, (registry, moved) -> moved(moved))
        .onCommand(Act.class, (registry, act) -> act(act))
        .onCommand(Delete.class, (registry, delete) -> delete(delete))
        .onCommand(Stopped.class, (registry, stopped) -> stopped(stopped))
        .onCommand(Shutdown.class, (registry, shutdown) -> shutdown(shutdown))
        .onCommand(Matched.class, this::matched)
        .onCommand(Ping.class, (registry, ping) -> alive(ping))
        .onCommand(Answer.class, (registry, answer) -> answer(answer))
        .onCommand(AllStopped.class, (registry, message) -> Effect().stop())
        .build();
  }

  private void recovered(Registry registry) {
    if (ready.isDone()) { // the journal was away: the jobs are all there
      moving.clear();
      return;
    }
    numbered = registry.lastNumber();
    context.pipeToSelf(
        CompletableFuture.supplyAsync(() -> Binding.of(state, registry, settings), io),
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
    CompletableFuture<?>[] recovered =
        registry.jobs().values().stream()
            .map(spec -> spawn(spec).recovered())
            .toArray(CompletableFuture<?>[]::new);
    var unused =
        CompletableFuture.allOf(recovered).thenRun(() -> ready.complete(Done.getInstance()));
  }

  private LiveJob spawn(JobSpec spec) {
    LiveJob live = new LiveJob(Job.submitted(spec), state.job(spec.id()), board);
    board.put(live);
    ActorRef<JobActor.Command> job =
        context.spawn(
            JobLog.about(
                spec.id(), JobActor.Command.class, JobActor.create(live, settings, decoder)),
            spec.id());
    context.watch(job);
    actors.put(spec.id(), job);
    return live;
  }

  private Effect<RegistryEvent, Registry> submit(Registry registry, Submit submit) {
    Submission submission = submit.submission();
    String name = submission.model();
    long active =
        board.jobs().stream().filter(live -> !live.job().phase().isFinal()).count() + moving.size();
    boolean taken =
        moving.containsValue(name)
            || board.jobs().stream()
                .anyMatch(
                    live ->
                        !live.job().phase().isFinal() && live.job().spec().model().equals(name));
    if (taken) {
      submit
          .replyTo()
          .tell(
              StatusReply.error(
                  "a job for model '%s' is not finished yet; give this one another name"
                      .formatted(name)));
      return Effect().none();
    }
    if (active >= settings.activeJobs()) {
      submit
          .replyTo()
          .tell(
              StatusReply.error(
                  "%d jobs are unfinished, as many as jobs.active allows; end one first"
                      .formatted(active)));
      return Effect().none();
    }
    JobSpec spec =
        new JobSpec(
            name + "-" + ++numbered,
            name,
            submission.modelFile(),
            submit.samples(),
            submission.samplingRate(),
            submission.topic(),
            submission.folder(),
            submission.versions(),
            System.currentTimeMillis());
    moving.put(spec.id(), name);
    context.pipeToSelf(
        CompletableFuture.supplyAsync(() -> move(submission, spec), io),
        (moved, failure) ->
            failure == null
                ? new Moved(spec, submit.replyTo())
                : new Answer(
                    () -> {
                      moving.remove(spec.id());
                      submit.replyTo().tell(StatusReply.error(failure));
                    }));
    return Effect().none();
  }

  private JobSpec move(Submission submission, JobSpec spec) {
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

  private Effect<RegistryEvent, Registry> moved(Moved moved) {
    JobSpec spec = moved.spec();
    return Effect()
        .persist(new RegistryEvent.Submitted(spec))
        .thenRun(
            registry -> {
              moving.remove(spec.id());
              spawn(spec);
              JobLog.about(
                  spec.id(),
                  () -> LOG.info("submitted: model {}, {} samples", spec.model(), spec.samples()));
              moved.replyTo().tell(StatusReply.success(spec));
            });
  }

  private Effect<RegistryEvent, Registry> act(Act act) {
    ActorRef<JobActor.Command> job = actors.get(act.id());
    if (job == null) {
      act.replyTo().tell(StatusReply.error("no such job"));
    } else {
      job.tell(new JobActor.Ask(act.request(), act.replyTo()));
    }
    return Effect().none();
  }

  private Effect<RegistryEvent, Registry> delete(Delete delete) {
    ActorRef<JobActor.Command> job = actors.get(delete.id());
    if (job == null) {
      delete.replyTo().tell(StatusReply.error("no such job"));
      return Effect().none();
    }
    context.askWithStatus(
        Done.class,
        job,
        PATIENCE,
        JobActor.Stop::new,
        (done, failure) -> new Stopped(delete.id(), delete.replyTo()));
    return Effect().none();
  }

  private Effect<RegistryEvent, Registry> stopped(Stopped stopped) {
    return Effect()
        .persist(new RegistryEvent.Deleted(stopped.id()))
        .thenRun(
            registry -> {
              actors.remove(stopped.id());
              board.remove(stopped.id());
              context.pipeToSelf(
                  CompletableFuture.runAsync(() -> remove(stopped.id()), io),
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

  private void remove(String id) {
    try {
      state.remove(id);
      JobLog.about(id, () -> LOG.info("deleted"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Effect<RegistryEvent, Registry> alive(Ping ping) {
    ping.replyTo().tell(Done.getInstance());
    return Effect().none();
  }

  private Effect<RegistryEvent, Registry> answer(Answer answer) {
    answer.answer().run();
    return Effect().none();
  }

  private Effect<RegistryEvent, Registry> shutdown(Shutdown shutdown) {
    CompletableFuture<?>[] stops =
        actors.values().stream()
            .map(
                job ->
                    akka.actor.typed.javadsl.AskPattern.askWithStatus(
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
