package io.halfstep.calibration;

import static java.util.Objects.requireNonNull;

import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.ActorContext;
import io.halfstep.calibration.CalibrationActor.Command;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Plan.Learn;
import io.halfstep.protocol.Pass;
import io.halfstep.reconstruction.BlockChain;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The third step of a run, if blocks learn: finds how much the network's outputs change with what
 * each block makes. If the network has no gradient as a whole, nothing is known of it, and all
 * elements count equally.
 */
final class BlockCurvature implements Steps.Collector<List<SampleBatch>, Map<String, Tensor>> {
  private @Nullable CurvatureProbe<Map<String, Tensor>> probe;

  private BlockCurvature(CalibrationRequest request) {
    orNothing(() -> probe = probe(request));
  }

  /** Does a step of the probe; if there is no gradient, the probe ends. */
  private void orNothing(Runnable step) {
    try {
      step.run();
    } catch (InvalidInputException e) {
      close();
    }
  }

  @Override
  public void add(List<SampleBatch> some) {
    if (probe != null) {
      orNothing(() -> requireNonNull(probe).add(some));
    }
  }

  @Override
  public Map<String, Tensor> finish() {
    Map<String, Tensor> curvature = new HashMap<>();
    if (probe != null) {
      orNothing(() -> curvature.putAll(requireNonNull(probe).finish()));
    }
    return curvature;
  }

  @Override
  public void close() {
    if (probe != null) {
      probe.close();
      probe = null;
    }
  }

  /**
   * Creates the step.
   *
   * @param outcome of the run; completed here if this step fails
   * @param then the behavior of the run, given the request with the curvature
   */
  static Behavior<Command> of(
      ActorContext<Command> context,
      CalibrationRequest request,
      CompletableFuture<CalibrationResult> outcome,
      Function<CalibrationRequest, Behavior<Command>> then) {
    if (!request.hasSamples()
        || !CalibrationActor.hasLayer(request, how -> how.learns(Learn.BLOCKS))) {
      return then.apply(request);
    }
    Steps steps = new Steps(context, outcome);
    var unused =
        steps.collect(
            CurvatureProbe.samples(request),
            () -> new BlockCurvature(request),
            curvature -> then.apply(request.toBuilder().curvature(curvature).build()));
    return steps.behavior();
  }

  private static CurvatureProbe<Map<String, Tensor>> probe(CalibrationRequest request) {
    List<String> outputs =
        BlockChain.blocks(request.graph(), Pass.RECONSTRUCT).stream()
            .filter(block -> !block.layers().isEmpty())
            .flatMap(block -> block.outputs().stream())
            .toList();
    return new CurvatureProbe<>(
        request,
        outputs,
        curvature -> curvature,
        done -> request.listener().update(progress(done)));
  }

  private static Progress progress(Progress done) {
    return new Progress("differentiate", "", done.samples(), done.totalSamples(), 0, Double.NaN, 0);
  }
}
