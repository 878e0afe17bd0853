package io.halfstep.calibration;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static org.assertj.core.api.Assertions.assertThat;

import akka.stream.javadsl.Source;
import io.halfstep.checkpoint.CheckpointHistory;
import io.halfstep.checkpoint.CheckpointInfo;
import io.halfstep.checkpoint.CheckpointListener;
import io.halfstep.checkpoint.CheckpointStore;
import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.checkpoint.Manifest;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Learn;
import io.halfstep.plan.PlanSettings;
import io.halfstep.source.SampleBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Cancels a run as soon as a certain checkpoint is complete, and sees to it that there will be one:
 * the source is held behind so many batches of the pass.
 *
 * @param pass the pass
 * @param batches how many of its batches the checkpoint holds
 * @param rounded how many layers' integers it holds at least
 */
record Interruption(String pass, int batches, int rounded) {
  static List<String> passes(Plan plan) {
    if (plan.schedule() == Plan.Schedule.PARALLEL) {
      return plan.quantize() != Plan.Quantize.LAYERS
          ? List.of("observe", "learn", "nearest", "finish")
          : List.of("learn", "nearest", "finish");
    }
    return plan.get(PlanSettings.LEARN) == Learn.OFF
        ? List.of("observe", "round", "nearest", "unrepaired", "finish")
        : List.of(
            "observe",
            "round",
            "reconstruct",
            "finetune",
            "nearest",
            "unrepaired",
            "reconstructed",
            "finetuned",
            "finish");
  }

  /** Whether the checkpoint is exactly this one; if not, it may hold more integers than wanted. */
  boolean isHeld() {
    return batches > 0;
  }

  private boolean isBehind(CheckpointInfo checkpoint, CheckpointStore store, List<String> passes) {
    if (!checkpoint.pass().equals(pass)) {
      // the last integers may be durable only with the next pass
      return passes.indexOf(checkpoint.pass()) > passes.indexOf(pass);
    }
    try {
      String manifest = "%08d.checkpoint".formatted(checkpoint.number());
      return checkpoint.batches() >= batches
          && (rounded == 0 || Manifest.read(store, manifest).rounded().size() >= rounded);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs until it is interrupted; fails if it is not. */
  void run(CalibrationRequest request, List<SampleBatch> data, Checkpointing checkpointing)
      throws Exception {
    List<String> passes = passes(request.plan());
    List<String> left =
        new CheckpointHistory(checkpointing.store())
            .latest()
            .map(from -> passes.subList(passes.indexOf(from.pass()), passes.size()))
            .orElse(passes);
    List<String> reads = new ArrayList<>(left);
    if (request.plan().get(PlanSettings.LEARN) != Learn.OFF) {
      reads.add(0, "gradients"); // of some samples, before the first pass
    }
    var next = reads.iterator();
    BatchSource held =
        first -> {
          String now = next.next();
          long hold =
              now.equals(pass) && isHeld()
                  ? batches
                  : passes.indexOf(now) > passes.indexOf(pass) ? 0 : Long.MAX_VALUE;
          return Source.from(data)
              .drop(first)
              .mapAsync(1, b -> b.id() < hold ? completedFuture(b) : new CompletableFuture<>());
        };
    CompletableFuture<Calibration> started = new CompletableFuture<>();
    CheckpointListener here =
        checkpoint -> {
          checkpointing.listener().completed(checkpoint);
          if (isBehind(checkpoint, checkpointing.store(), passes)) {
            started.join().cancel();
          }
        };
    started.complete(
        Calibration.start(
            Runs.withCheckpointing(
                Runs.withSource(request, held),
                new Checkpointing(
                    checkpointing.store(),
                    checkpointing.every(),
                    checkpointing.fingerprint(),
                    relaying(here, checkpointing.listener())))));
    try {
      started.join().result().get(60, TimeUnit.SECONDS);
      throw new AssertionError(this + " did not happen");
    } catch (ExecutionException e) {
      assertThat(e).hasCauseInstanceOf(CancellationException.class);
    }
  }

  private static CheckpointListener relaying(CheckpointListener completed, CheckpointListener all) {
    return new CheckpointListener() {
      @Override
      public void completed(CheckpointInfo checkpoint) {
        completed.completed(checkpoint);
      }

      @Override
      public void resumed(CheckpointInfo checkpoint) {
        all.resumed(checkpoint);
      }

      @Override
      public void refused(String checkpoint, String why) {
        all.refused(checkpoint, why);
      }

      @Override
      public void failed(String why) {
        all.failed(why);
      }
    };
  }
}
