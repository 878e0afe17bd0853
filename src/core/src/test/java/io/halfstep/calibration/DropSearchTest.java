package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.allocation.Allocation;
import io.halfstep.allocation.Measured;
import io.halfstep.export.QdqExport;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.Budget;
import io.halfstep.plan.Drop;
import io.halfstep.plan.Plan;
import io.halfstep.source.SampleBatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DropSearchTest {
  private static final List<SampleBatch> DATA = Runs.noise("x", 16, 8, 12);

  @TempDir Path folder;

  private static StageGraph classifier() {
    return StageGraph.of(
        OnnxGraphs.opset(13)
            .input("x", -1, 12)
            .weight("w1", 12, 16)
            .node("MatMul", "a", List.of("x", "w1"))
            .node("Relu", "r", List.of("a"))
            .weight("w2", 16, 16)
            .node("MatMul", "b", List.of("r", "w2"))
            .node("Relu", "s", List.of("b"))
            .weight("w3", 16, 5)
            .node("MatMul", "y", List.of("s", "w3"))
            .output("y")
            .model());
  }

  private static CalibrationRequest request(String drop) {
    Plan plan = Plan.DEFAULT.toBuilder().maxDrop(Drop.parse(drop)).build();
    return Runs.request(classifier(), plan, DATA).toBuilder().expectedSamples(128).build();
  }

  private static Allocation allocation(CalibrationResult result) {
    return Objects.requireNonNull(result.allocation());
  }

  private static double sqnrDb(CalibrationResult result) {
    return result.network().outputSqnrDb().get("y");
  }

  private byte[] model(CalibrationResult result) throws Exception {
    Path file = folder.resolve("out.onnx");
    QdqExport.write(result.network(), file);
    return Files.readAllBytes(file);
  }

  @Test
  void theModelLosesNoMoreAndCheaperOnesWould() throws Exception {
    CalibrationResult result = Runs.run(request("3dB"));

    Allocation allocation = allocation(result);
    List<Measured> trials = allocation.measured();
    double bound = trials.get(0).sqnrDb() - 3;
    Measured chosen = allocation.measuredOf(allocation.chosen()).orElseThrow();
    assertThat(sqnrDb(result)).isEqualTo(chosen.sqnrDb()).isGreaterThanOrEqualTo(bound);
    assertThat(trials).hasSizeBetween(2, DropSearch.TRIALS);
    assertThat(chosen.assignment().cost()).isLessThan(trials.get(0).assignment().cost());
    assertThat(trials)
        .filteredOn(trial -> trial.assignment().cost() < chosen.assignment().cost())
        .isNotEmpty()
        .allMatch(trial -> trial.sqnrDb() < bound);
    assertThat(result.plan().maxDrop()).isNull();
  }

  @Test
  void predictionsAreCounted() throws Exception {
    CalibrationResult result = Runs.run(request("10%"));

    Allocation allocation = allocation(result);
    Measured chosen = allocation.measuredOf(allocation.chosen()).orElseThrow();
    assertThat(chosen.changed()).isLessThanOrEqualTo(0.1);
    assertThat(allocation.measured())
        .filteredOn(trial -> trial.assignment().cost() < chosen.assignment().cost())
        .allMatch(trial -> trial.changed() > 0.1);
    // 16 of 128 samples are held back
    assertThat(allocation.measured()).allMatch(trial -> trial.changed() * 16 % 1 == 0);
  }

  @Test
  void theBudgetSaysWhatIsCounted() throws Exception {
    CalibrationRequest request = request("6dB");
    Plan plan = request.plan().toBuilder().budget(Budget.parse("size")).build();

    CalibrationResult result = Runs.run(request.toBuilder().plan(plan).build());

    assertThat(allocation(result).budget()).isEqualTo("size, max-drop=6dB");
    assertThat(allocation(result).unit()).isEqualTo(1);
  }

  @Test
  void isTheSameWithAnyNumberOfThreads() throws Exception {
    CalibrationResult one = Runs.run(Runs.withThreads(request("3dB"), 1));
    CalibrationResult two = Runs.run(Runs.withThreads(request("3dB"), 2));

    assertThat(allocation(two)).isEqualTo(allocation(one));
    assertThat(model(two)).isEqualTo(model(one));
  }

  @Test
  void theShareOfTheWorkRisesToTheEnd() throws Exception {
    List<Progress> all = new ArrayList<>();

    Runs.run(
        Runs.withListener(
            request("3dB"),
            progress -> {
              synchronized (all) {
                all.add(progress);
              }
            }));

    List<Double> begins = new ArrayList<>();
    for (int i = 1; i < all.size(); i++) {
      if (!all.get(i).layer().equals(all.get(i - 1).layer())
          && all.get(i).pass().equals("measure")) {
        begins.add(all.get(i).share());
      }
    }
    assertThat(begins).hasSize(3).isSorted(); // layers b and c, and the trials
    assertThat(all.get(all.size() - 1).share()).isGreaterThan(0.99);
    Progress measured =
        all.stream().filter(p -> p.pass().equals("measure")).reduce((a, b) -> b).orElseThrow();
    assertThat(measured.share()).isBetween(0.5, 6.5 / 7);
  }

  @Test
  void whatNoBitsReachIsSaid() {
    Plan plan = request("0%").plan().toBuilder().activationBits(2).build();

    assertThatThrownBy(() -> Runs.run(request("0%").toBuilder().plan(plan).build()))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("max-drop 0%: even with the most bits, ");
  }

  @Test
  void predictionsNeedClassScores() {
    StageGraph features =
        StageGraph.of(
            OnnxGraphs.opset(13)
                .input("x", -1, 12)
                .weight("w", 12, 12)
                .node("MatMul", "a", List.of("x", "w"))
                .node("Tanh", "y", List.of("a"))
                .output("y")
                .model());

    assertThatThrownBy(() -> Runs.run(Runs.request(features, request("1%").plan(), DATA)))
        .cause()
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no output of class scores");
  }

  @Test
  void isCancelledInATrial() throws Exception {
    CountDownLatch trying = new CountDownLatch(1);
    Calibration run =
        Calibration.start(
            Runs.withListener(
                request("3dB"),
                progress -> {
                  if (progress.pass().equals("measure") && progress.layer().isEmpty()) {
                    trying.countDown();
                  }
                }));
    trying.await();

    run.cancel();

    assertThatThrownBy(() -> run.result().get()).hasCauseInstanceOf(CancellationException.class);
  }
}
