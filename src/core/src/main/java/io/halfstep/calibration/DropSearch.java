package io.halfstep.calibration;

import akka.actor.typed.Behavior;
import io.halfstep.allocation.Allocation;
import io.halfstep.allocation.Assignment;
import io.halfstep.allocation.CostBisection;
import io.halfstep.allocation.Measured;
import io.halfstep.allocation.WidthProgramme;
import io.halfstep.calibration.CalibrationActor.Command;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.ClassScores;
import io.halfstep.plan.Drop;
import io.halfstep.text.Figures;
import io.halfstep.widths.WidthCosts;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The search for the cheapest widths with which a network loses no more than a limit: first a trial
 * of the widths that lose least by prediction, then bisection of the cost along the Pareto front.
 * Each trial is the run that its widths would give, on all samples.
 */
final class DropSearch {
  /** The most trials. */
  static final int TRIALS = 6;

  private final CalibrationRequest request;
  private final Drop drop;
  private final WidthCosts costs;
  private final WidthProgramme programme;
  private final Steps steps;
  private final SearchProgress progress;
  private final Function<Allocation, Behavior<Command>> then;
  private final List<Measured> measured = new ArrayList<>();

  DropSearch(
      CalibrationRequest request,
      Drop drop,
      WidthCosts costs,
      WidthProgramme programme,
      Steps steps,
      SearchProgress progress,
      Function<Allocation, Behavior<Command>> then) {
    this.request = request;
    this.drop = drop;
    this.costs = costs;
    this.programme = programme;
    this.steps = steps;
    this.progress = progress;
    this.then = then;
  }

  /**
   * Checks that the outputs have what is to be measured.
   *
   * @throws InvalidInputException if predictions are to be compared, and there are none
   */
  static void require(CalibrationRequest request) {
    Drop drop = request.plan().maxDrop();
    if (drop != null
        && drop.unit() == Drop.Unit.PERCENT
        && ClassScores.outputs(request.graph().model().proto().getGraph()).isEmpty()) {
      throw noPredictions(drop);
    }
  }

  private static InvalidInputException noPredictions(Drop drop) {
    return new InvalidInputException(
        "max-drop %s: the model has no output of class scores, whose predictions could be counted; use dB"
            .formatted(drop));
  }

  Behavior<Command> search() {
    return steps.work(
        () -> programme.solve(programme.greatestCost()),
        best ->
            attempt(
                best,
                first -> {
                  requireReachable(first);
                  return next(new CostBisection(programme, best, TRIALS - 1));
                }));
  }

  private void requireReachable(Measured first) {
    if (drop.unit() == Drop.Unit.PERCENT && Double.isNaN(first.changed())) {
      throw noPredictions(drop);
    }
    if (!isGoodEnough(first)) {
      throw new InvalidInputException(
          "max-drop %s: even with the most bits, %s %% of the predictions differ; expected at least that, or other settings, e.g. more bits of activations"
              .formatted(drop, Figures.number(100 * first.changed(), 2)));
    }
  }

  private Behavior<Command> next(CostBisection bisection) {
    return steps.work(
        bisection::next,
        next ->
            next.isEmpty()
                ? chosen(bisection.best())
                : attempt(
                    next.get(),
                    result -> {
                      bisection.tried(next.get(), isGoodEnough(result));
                      return next(bisection);
                    }));
  }

  private Behavior<Command> attempt(Assignment widths, Function<Measured, Behavior<Command>> then) {
    WidthTrial trial = new WidthTrial(request, progress.measures("", 1));
    return steps.run(
        trial.request(costs.allowed().plan(widths)),
        result -> {
          Measured found = trial.measured(widths, result);
          measured.add(found);
          return then.apply(found);
        });
  }

  private boolean isGoodEnough(Measured result) {
    double amount = drop.amount().doubleValue();
    return switch (drop.unit()) {
      case DECIBELS -> result.sqnrDb() >= measured.get(0).sqnrDb() - amount;
      case PERCENT -> 100 * result.changed() <= amount;
    };
  }

  private Behavior<Command> chosen(Assignment best) {
    return steps.work(
        () ->
            Allocation.tried(
                "%s, max-drop=%s".formatted(request.plan().budget(), drop),
                costs.unit(),
                programme,
                best,
                measured),
        then);
  }
}
