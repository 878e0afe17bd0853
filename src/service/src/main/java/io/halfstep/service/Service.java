package io.halfstep.service;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.AskPattern;
import akka.actor.typed.javadsl.Behaviors;
import akka.pattern.StatusReply;
import akka.persistence.jdbc.testkit.javadsl.SchemaUtils;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.failure.RootCause;
import io.halfstep.intake.StorageFullException;
import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JobSpec;
import io.halfstep.service.journal.JournalDatabase;
import io.halfstep.service.journal.UnavailableException;
import io.halfstep.service.logging.JobAppender;
import io.halfstep.service.samples.RequestDecoder;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.service.state.StateDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running service: a state directory, its journal and its jobs. */
public final class Service implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Service.class);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final ServiceSettings settings;
  private final StateDirectory state;
  private final ActorSystem<Void> system;
  private final LiveJobs liveJobs;
  private final JobAppender log;
  private final ActorRef<JobsActor.Command> jobs;
  private final Readiness readiness;
  private volatile boolean stopping;

  private Service(
      ServiceSettings settings,
      StateDirectory state,
      ActorSystem<Void> system,
      LiveJobs liveJobs,
      JobAppender log,
      ActorRef<JobsActor.Command> jobs) {
    this.settings = settings;
    this.state = state;
    this.system = system;
    this.liveJobs = liveJobs;
    this.log = log;
    this.jobs = jobs;
    this.readiness = Readiness.watch(system, jobs, this::lookForRoom);
  }

  /**
   * Locks the state directory, and waits until the jobs in it are recovered.
   *
   * @param decoder of requests that do not come by HTTP
   * @throws InvalidInputException if a file that the settings name is missing, the directory is
   *     locked by another process, or the journal can't be opened
   */
  public static Service start(ServiceSettings settings, RequestDecoder decoder) {
    settings.requireFiles();
    StateDirectory state = StateDirectory.open(settings.state());
    LiveJobs liveJobs = new LiveJobs();
    JobAppender log = JobAppender.start(id -> liveJobs.job(id).map(LiveJob::log));
    CompletableFuture<ActorRef<JobsActor.Command>> jobs = new CompletableFuture<>();
    ActorSystem<Void> system =
        ActorSystem.create(
            guardian(settings, state, liveJobs, decoder, new Webhook(settings.webhook()), jobs),
            "halfstep",
            JournalDatabase.system(settings));
    try {
      return new Service(
          settings, state, system, liveJobs, log, jobs.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    } catch (ExecutionException | TimeoutException | InterruptedException e) {
      terminate(system, state, log);
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      if (RootCause.of(e) instanceof InvalidInputException mistake) {
        throw mistake;
      }
      throw new InvalidInputException(
          "the journal %s cannot be opened: %s"
              .formatted(JournalDatabase.of(settings).name(), RootCause.message(e)),
          e);
    }
  }

  /** Creates the journal's tables, then starts the jobs. */
  private static Behavior<Void> guardian(
      ServiceSettings settings,
      StateDirectory state,
      LiveJobs liveJobs,
      RequestDecoder decoder,
      Webhook webhook,
      CompletableFuture<ActorRef<JobsActor.Command>> started) {
    return Behaviors.<Object>setup(
            context -> {
              context.pipeToSelf(
                  SchemaUtils.createIfNotExists(context.getSystem()),
                  (done, failure) -> failure == null ? Done.getInstance() : failure);
              return Behaviors.receive(Object.class)
                  .onMessage(
                      Done.class,
                      done -> {
                        CompletableFuture<Done> ready = new CompletableFuture<>();
                        ActorRef<JobsActor.Command> jobs =
                            context.spawn(
                                JobsActor.create(
                                    settings, state, liveJobs, decoder, webhook, ready),
                                "jobs");
                        context.watch(jobs);
                        var unused =
                            ready.whenComplete(
                                (recovered, failure) -> {
                                  if (failure == null) {
                                    started.complete(jobs);
                                  } else {
                                    started.completeExceptionally(failure);
                                  }
                                });
                        return Behaviors.same();
                      })
                  .onMessage(
                      Throwable.class,
                      failure -> {
                        started.completeExceptionally(failure);
                        return Behaviors.same();
                      })
                  .onSignal(
                      Terminated.class,
                      ended -> {
                        started.completeExceptionally(
                            new IllegalStateException("its events cannot be read; see the log"));
                        return Behaviors.same();
                      })
                  .build();
            })
        .narrow();
  }

  /** Returns the version of the software. */
  public static String version() {
    String version = Service.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  public ServiceSettings settings() {
    return settings;
  }

  /** Returns the current state of all jobs. */
  public LiveJobs liveJobs() {
    return liveJobs;
  }

  /** Returns the free space on the disk that holds the state, in bytes. */
  public long freeBytes() {
    return state.root().toFile().getUsableSpace();
  }

  /** Returns the actor system. */
  public ActorSystem<Void> system() {
    return system;
  }

  /** Returns why no sample would be accepted; empty if one would. */
  public Optional<String> obstacle() {
    return stopping ? Optional.of("the service is being stopped") : readiness.obstacle();
  }

  /** Checks the free space for each job; blocks. */
  private boolean lookForRoom() {
    boolean room = freeBytes() > settings.reserveBytes();
    for (LiveJob job : liveJobs.jobs()) {
      OpenJob open = job.open();
      room &= open == null || open.log().lookForRoom();
    }
    return room;
  }

  /**
   * Creates a folder for a submission's files; the next start removes it if it is not submitted.
   *
   * @throws StorageFullException if the disk is full
   * @throws UnavailableException if the journal does not answer
   */
  public Path stage() {
    if (liveJobs.journal().isAway()) {
      throw UnavailableException.journal();
    }
    if (freeBytes() < settings.reserveBytes()) {
      throw new StorageFullException(
          "no room for a model: %d bytes are free on the disk, expected %d to spare"
                  .formatted(freeBytes(), settings.reserveBytes())
              + " (intake.reserve-bytes)");
    }
    try {
      return state.stage();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Removes the folder of a rejected submission. */
  public void unstage(Path staged) {
    try {
      StateDirectory.delete(staged);
    } catch (IOException e) {
      LOG.warn("{} could not be removed: {}", staged, e.toString());
    }
  }

  /**
   * Submits a job.
   *
   * @return its final parameters. Fails with {@link InvalidInputException} if the model or plan is
   *     invalid, and with {@link StatusReply.ErrorMessage} if the service can't accept it now
   */
  public CompletionStage<JobSpec> submit(Submission submission) {
    Executor io = system.dispatchers().lookup(DispatcherSelector.blocking());
    return CompletableFuture.supplyAsync(() -> submission.check(settings), io)
        .thenCompose(
            samples ->
                AskPattern.askWithStatus(
                    jobs,
                    (ActorRef<StatusReply<JobSpec>> replyTo) ->
                        new JobsActor.Submit(submission, samples, replyTo),
                    PATIENCE,
                    system.scheduler()))
        .whenCompleteAsync(
            (spec, failure) -> {
              if (failure != null) {
                unstage(submission.staged());
              }
            },
            io);
  }

  /** Pauses the computation; samples are still taken. */
  public CompletionStage<Done> pause(String id) {
    return act(id, JobRequest.Control.PAUSE);
  }

  /** Resumes a job that is paused, waits, or has failed. */
  public CompletionStage<Done> resume(String id) {
    return act(id, JobRequest.Control.RESUME);
  }

  /** Completes the version under way with the samples taken so far. */
  public CompletionStage<Done> seal(String id) {
    return act(id, JobRequest.Control.SEAL);
  }

  /** Cancels a job. */
  public CompletionStage<Done> cancel(String id) {
    return act(id, JobRequest.Control.CANCEL);
  }

  /**
   * Makes a published version the current one, until the next is published.
   *
   * @param version its number; 0: the one before the current one
   */
  public CompletionStage<Done> rollBack(String id, int version) {
    return act(id, new JobRequest.RollBack(version));
  }

  private CompletionStage<Done> act(String id, JobRequest request) {
    return AskPattern.askWithStatus(
        jobs,
        (ActorRef<StatusReply<Done>> replyTo) -> new JobsActor.Act(id, request, replyTo),
        PATIENCE,
        system.scheduler());
  }

  /** Ends a job, if necessary, and removes all its data. */
  public CompletionStage<Done> delete(String id) {
    return AskPattern.askWithStatus(
        jobs,
        (ActorRef<StatusReply<Done>> replyTo) -> new JobsActor.Delete(id, replyTo),
        PATIENCE,
        system.scheduler());
  }

  /** Returns a published file of a version that is kept; 0 for the current version. */
  public Optional<Path> published(LiveJob live, int version, String file) {
    Job job = live.job();
    int wanted = version == 0 ? job.current() : version;
    Path path = live.folder().version(wanted).resolve(file);
    return job.has(wanted) && Files.isRegularFile(path) ? Optional.of(path) : Optional.empty();
  }

  /** Stops the jobs; they continue at the next start. Acknowledged samples are already on disk. */
  @Override
  public void close() {
    stopping = true;
    readiness.close();
    try {
      AskPattern.ask(jobs, JobsActor.Shutdown::new, PATIENCE, system.scheduler())
          .toCompletableFuture()
          .join();
    } catch (CompletionException e) {
      LOG.warn("not all jobs have stopped in time: {}", RootCause.message(e));
    }
    terminate(system, state, log);
  }

  private static void terminate(ActorSystem<Void> system, StateDirectory state, JobAppender log) {
    system.terminate();
    try {
      system.getWhenTerminated().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      state.close();
    } catch (ExecutionException | TimeoutException | IOException e) {
      LOG.warn("the service has not ended cleanly: {}", RootCause.message(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      log.close();
    }
  }
}
