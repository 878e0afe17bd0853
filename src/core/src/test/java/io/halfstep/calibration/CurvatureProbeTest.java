package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.EnumSource.Mode.EXCLUDE;

import io.halfstep.allocation.Allocation;
import io.halfstep.allocation.Bits;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.Budget;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Sensitivity;
import io.halfstep.plan.PlanBuilder;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CurvatureProbeTest {
  private static final StageGraph RESIDUAL = StageGraph.of(Networks.residual().model());
  private static final List<SampleBatch> DATA = Runs.noise("x", 5, 8, 4, 8, 8);

  private static PlanBuilder plan(String budget, Sensitivity sensitivity) {
    return Plan.DEFAULT.toBuilder().budget(Budget.parse(budget)).sensitivity(sensitivity);
  }

  private static Allocation allocation(CalibrationRequest request) throws Exception {
    return Objects.requireNonNull(Runs.run(request).allocation());
  }

  @ParameterizedTest
  @EnumSource(value = Sensitivity.class, names = "OUTPUT", mode = EXCLUDE)
  void isTheSameWithAnyThreadsAndBatches(Sensitivity sensitivity) throws Exception {
    Plan plan = plan("bits=3.25", sensitivity).build();
    CalibrationRequest request = Runs.request(RESIDUAL, plan, DATA);
    Allocation found = allocation(request);

    assertThat(found.chosen().cost()).isLessThanOrEqualTo((long) (3.25 * 4 * 144));
    assertThat(allocation(Runs.withThreads(request, 1))).isEqualTo(found);
    for (int size : List.of(1, 3, 32)) {
      assertThat(allocation(Runs.request(RESIDUAL, plan, Runs.cut("x", DATA, size))))
          .isEqualTo(found);
    }
  }

  /** {@code y = xA + xB/100} */
  @ParameterizedTest
  @EnumSource(Sensitivity.class)
  void theLayerThatTheOutputDependsOnGetsMoreBits(Sensitivity sensitivity) throws Exception {
    StageGraph graph =
        StageGraph.of(
            OnnxGraphs.opset(17)
                .input("x", -1, 8)
                .weight("aw", 8, 8)
                .weight("bw", 8, 8)
                .initializer("little", Tensor.of(new float[] {0.01f}))
                .node("MatMul", "a", List.of("x", "aw"))
                .node("MatMul", "b", List.of("x", "bw"))
                .node("Mul", "less", List.of("b", "little"))
                .node("Add", "y", List.of("a", "less"))
                .output("y")
                .model());

    CalibrationRequest request =
        Runs.request(graph, plan("bits=5", sensitivity).build(), Runs.noise("x", 4, 8, 8));

    assertThat(allocation(request).chosen().bits())
        .isEqualTo(Map.of("a", new Bits(8, 8), "b", new Bits(2, 8)));
  }

  @Test
  void bitsOfActivationsAreNotChosen() throws Exception {
    long limit = 64L * 4 * 4 * 9 * 4 * 4 * 8;
    Plan open = plan("bops=" + limit, Sensitivity.FISHER).build();

    assertThatThrownBy(() -> Runs.run(Runs.request(RESIDUAL, open, DATA)))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "sensitivity fisher tells the cost of fewer bits of weights, but those of the input 'x' of layer 'a' are to be chosen, too: set activations, or sensitivity to output");

    Plan decided = open.toBuilder().activationBits(8).build();
    assertThat(allocation(Runs.request(RESIDUAL, decided, DATA)).chosen().cost())
        .isLessThanOrEqualTo(limit);
  }

  @Test
  void anOperatorWithoutAGradientFailsTheRun() {
    StageGraph graph =
        StageGraph.of(
            OnnxGraphs.opset(17)
                .input("x", -1, 4, 4)
                .weight("w", 4, 4)
                .node("MatMul", "m", List.of("x", "w"))
                .node("Det", "y", List.of("m"))
                .output("y")
                .model());
    Plan plan = plan("bits=3", Sensitivity.HESSIAN_TRACE).build();
    int open = OnnxProgram.open();

    assertThatThrownBy(() -> Runs.run(Runs.request(graph, plan, Runs.noise("x", 2, 8, 4, 4))))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("node 'y': Det has no gradient; set sensitivity to output");
    assertThat(OnnxProgram.open()).isEqualTo(open);
  }

  @Test
  void thatThereAreNoSamplesIsSaid() {
    Plan plan = plan("bits=3", Sensitivity.FISHER).build();

    assertThatThrownBy(() -> Runs.run(Runs.request(RESIDUAL, plan, List.of())))
        .cause()
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("no calibration sample was accepted; rejected: {}");
  }

  @Test
  void progressCountsTheSamplesThatAreNotHeldBack() throws Exception {
    List<Progress> measured = new CopyOnWriteArrayList<>();
    CalibrationRequest request =
        Runs.request(RESIDUAL, plan("bits=3", Sensitivity.FISHER).build(), DATA).toBuilder()
            .expectedSamples(40)
            .listener(
                progress -> {
                  if (progress.pass().equals("measure")) {
                    measured.add(progress);
                  }
                })
            .build();

    Runs.run(request);

    assertThat(measured).extracting(Progress::samples).isSorted().endsWith(35L);
    assertThat(measured).extracting(Progress::totalSamples).containsOnly(35L);
    assertThat(measured).extracting(Progress::share).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void isCancelledBetweenSamples() throws Exception {
    int open = OnnxProgram.open();
    CountDownLatch measuring = new CountDownLatch(1);
    List<Progress> measured = new CopyOnWriteArrayList<>();
    Calibration run =
        Calibration.start(
            Runs.withListener(
                Runs.request(RESIDUAL, plan("bits=3", Sensitivity.FISHER).build(), DATA),
                progress -> {
                  measured.add(progress);
                  measuring.countDown();
                }));
    measuring.await();

    run.cancel();

    assertThatThrownBy(() -> run.result().get()).hasCauseInstanceOf(CancellationException.class);
    assertThat(measured).extracting(Progress::pass).containsOnly("measure");
    assertThat(measured).hasSizeLessThan(5);
    assertThat(OnnxProgram.open()).isEqualTo(open);
  }
}
