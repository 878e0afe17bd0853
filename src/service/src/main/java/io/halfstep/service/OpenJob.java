package io.halfstep.service;

import akka.actor.typed.ActorSystem;
import io.halfstep.calibration.Datasets;
import io.halfstep.graph.StageGraph;
import io.halfstep.inspection.Batching;
import io.halfstep.intake.SampleLog;
import io.halfstep.model.Model;
import io.halfstep.plan.Plan;
import io.halfstep.service.journal.Job;
import io.halfstep.service.samples.Feeders;
import io.halfstep.service.samples.Intake;
import io.halfstep.service.samples.LiveSource;
import io.halfstep.service.samples.RequestDecoder;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.source.Admission;
import io.halfstep.source.InputPort;
import io.halfstep.source.MaskInput;
import io.halfstep.source.Normalization;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The open resources of an unfinished job: its network, its plan, the log of its samples.
 *
 * @param graph the float network, as stages
 * @param plan how to quantize it
 * @param batch samples per batch
 * @param mask the input that tells padding; null if none does
 * @param intake receives samples
 * @param feeders other sources of samples
 */
public record OpenJob(
    StageGraph graph,
    Plan plan,
    int batch,
    List<InputPort> ports,
    Normalization normalization,
    @Nullable String mask,
    SampleLog log,
    Intake intake,
    Feeders feeders)
    implements AutoCloseable {

  /** Opens the job's files; blocks. */
  static OpenJob open(
      LiveJob live, ServiceSettings settings, RequestDecoder decoder, ActorSystem<?> system) {
    Job job = live.job();
    live.folder().prepare(job);
    Model model = Model.read(live.folder().root().resolve(job.spec().modelFile()));
    StageGraph graph = StageGraph.of(model);
    JobPlan asked = JobPlan.read(live.folder().plan());
    List<InputPort> ports = Datasets.ports(model);
    Normalization normalization = Datasets.normalization(asked.normalization());
    String mask = MaskInput.of(ports, asked.mask());
    int batch = Batching.of(graph, asked.plan(), asked.batch());
    Admission admission = Admission.of(ports, normalization);
    SampleLog log = SampleLog.open(live.folder().samples(), settings.queueBytes());
    try {
      log.limit(job.logEnd());
      log.reserve(settings.reserveBytes());
      log.lookForRoom();
      Intake intake =
          new Intake(job.spec().id(), job.spec().samplingRate(), admission, log, live.counts());
      Feeders feeders =
          Feeders.start(
              job.spec().sources(),
              new LiveSource.Target(job.spec().id(), settings, admission, intake, decoder, system));
      return new OpenJob(
          graph, asked.plan(), batch, ports, normalization, mask, log, intake, feeders);
    } catch (RuntimeException e) {
      log.close();
      throw e;
    }
  }

  /** Returns the number of samples taken, for all versions. */
  public long takenSamples() {
    return log.size();
  }

  /** Returns the number of samples in the log: those that are not trimmed. */
  public long loggedSamples() {
    return log.size() - log.first();
  }

  /** Returns the size of the log on disk. */
  public long logBytes() {
    return log.bytes();
  }

  /** Returns the bytes of samples that wait to be logged. */
  public long waitingBytes() {
    return log.waitingBytes();
  }

  @Override
  public void close() {
    feeders.close();
    log.close();
  }
}
