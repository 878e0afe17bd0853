package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JobEvent;
import io.halfstep.service.journal.JobSpec;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class VersionRunTest {
  private static final Job JOB =
      Job.submitted(new JobSpec("m-1", "m", "m.onnx", 100, 1, Map.of(), 0, 0, 0, 0));

  private static VersionRun run(Job job) {
    StageGraph graph =
        StageGraph.of(
            OnnxGraphs.opset(13)
                .input("x", -1, 2)
                .weight("w", 2, 2)
                .node("MatMul", "y", List.of("x", "w"))
                .output("y")
                .model());
    return new VersionRun(
        job,
        null,
        new JobProgress("m-1", job.nextVersion(), graph, Set.of(), of -> {}, ServiceObserver.NONE));
  }

  /** Samples may come between the decision to end a version and its storage. */
  @Test
  void itReadsNoMoreThanTheSamplesThatItWillHave() {
    VersionRun run = run(JOB);
    assertThat(run.readable(20)).isEqualTo(20);
    assertThat(run.readable(120)).isEqualTo(100);

    run = run(JOB);
    assertThat(run.readable(20)).isEqualTo(20);
    assertThat(run.bound(25)).isEqualTo(25);
    assertThat(run.readable(30)).isEqualTo(25);
    assertThat(run.bound(22)).isEqualTo(25); // some reader may have them
    assertThat(run.bound(40)).isEqualTo(40); // if the first was not stored
    assertThat(run.readable(50)).isEqualTo(40);
  }

  @Test
  void itIsOfTheNextVersionIfTheOneBeforeIsPublished() {
    Job sealed = JOB.apply(new JobEvent.Sealed(60, 0));
    VersionRun next = run(sealed.withNextPublished());

    assertThat(next.windowEnd()).isCompletedWithValue(160L);
    assertThat(next.isOf(sealed.apply(new JobEvent.Published(1, 60, 1, 0, List.of())))).isTrue();
    assertThat(next.isOf(sealed.apply(new JobEvent.Rejected(60, 1, 2, 0)))).isFalse();
    assertThat(next.isOf(sealed)).isFalse();
  }
}
