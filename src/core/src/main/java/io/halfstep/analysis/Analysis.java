package io.halfstep.analysis;

import static java.util.Objects.requireNonNull;

import io.halfstep.analysis.Trial.Kind;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Tries the parts of a plan, its layers one by one, remedies one by one, and those that help
 * together, as [W] §3 debugs a network. Remedies that cost neither size nor speed come first, then
 * the others, each time those that bring more first; one that brings little beside the earlier ones
 * is left out.
 */
public final class Analysis {
  /** The most layers that are tried alone. */
  public static final int MOST_LAYERS = 40;

  /** A remedy that brings less, in dB, is left out. */
  public static final double LEAST_GAIN_DB = 0.3;

  private static final int MOST_COMBINATIONS = 5;

  /** Runs a plan. */
  @FunctionalInterface
  public interface Runs {
    /**
     * Returns what a plan gives.
     *
     * @throws InterruptedException if the calling thread is interrupted
     */
    Measurement run(Plan plan) throws InterruptedException;
  }

  private final List<String> layers;
  private final Runs runs;
  private final Consumer<Trial> listener;
  private final List<Trial> trials = new ArrayList<>();

  private Analysis(List<String> layers, Runs runs, Consumer<Trial> listener) {
    this.layers = layers;
    this.runs = runs;
    this.listener = listener;
  }

  /** Returns the number of runs that {@link #of} takes at most. */
  public static int mostRuns(Plan plan, List<String> layers) {
    List<String> quantized = quantized(plan, layers);
    List<String> inputs = quantizesInputs(plan, layers) ? quantized : List.of();
    return 1
        + (inputs.isEmpty() ? 0 : 2)
        + Math.min(MOST_LAYERS, quantized.size())
        + Remedies.of(plan, quantized, inputs).size()
        + MOST_COMBINATIONS;
  }

  /**
   * Analyzes a plan.
   *
   * @param layers the names of the network's layers, in order
   * @param listener receives each trial after its run
   * @throws InterruptedException if the calling thread is interrupted
   */
  public static AnalysisResult of(
      Plan plan, List<String> layers, Runs runs, Consumer<Trial> listener)
      throws InterruptedException {
    return new Analysis(quantized(plan, layers), runs, listener).analyze(plan);
  }

  private static List<String> quantized(Plan plan, List<String> layers) {
    return layers.stream().filter(name -> plan.layer(name).isPresent()).toList();
  }

  private static boolean quantizesInputs(Plan plan, List<String> layers) {
    return layers.stream()
        .flatMap(name -> plan.layer(name).stream())
        .anyMatch(LayerPlan::quantizesInput);
  }

  private AnalysisResult analyze(Plan asked) throws InterruptedException {
    Trial given = attempt(Kind.GIVEN, "the plan as given", List.of(), asked);
    Plan plan = given.measured().plan();
    List<String> byInput = quantizesInputs(plan, layers) ? parts(plan) : List.of();
    List<String> tried = chosen(given);
    List<String> byWeight = alone(plan, tried);
    Map<Remedy, Trial> remedies = new LinkedHashMap<>();
    for (Remedy remedy : Remedies.of(plan, byWeight, byInput)) {
      remedies.put(
          remedy,
          attempt(Kind.REMEDY, remedy.name(), remedy.layers(), remedy.change().apply(plan)));
    }
    return new AnalysisResult(trials, combined(given, remedies), layers.size() - tried.size());
  }

  private Trial attempt(Kind kind, String name, List<String> changed, Plan plan)
      throws InterruptedException {
    Trial trial = new Trial(kind, name, changed, runs.run(plan));
    trials.add(trial);
    listener.accept(trial);
    return trial;
  }

  /** Returns the layers, those with the noisiest outputs by quantized activations first. */
  private List<String> parts(Plan plan) throws InterruptedException {
    attempt(Kind.PART, "weights only", List.of(), Parts.weightsOnly(plan));
    Trial activations =
        attempt(
            Kind.PART,
            "activations only, weights at %d bits".formatted(Parts.mostBits(plan)),
            List.of(),
            Parts.activationsOnly(plan));
    return noisiestFirst(activations);
  }

  private static List<String> noisiestFirst(Trial trial) {
    return trial.measured().layerSqnrDb().entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Returns the layers to try alone, in order: of too many, those with the noisiest outputs. */
  private List<String> chosen(Trial given) {
    List<String> noisy = noisiestFirst(given).stream().limit(MOST_LAYERS).toList();
    return layers.stream().filter(noisy::contains).toList();
  }

  /** Returns the layers, those first whose weights alone cost most. */
  private List<String> alone(Plan plan, List<String> tried) throws InterruptedException {
    List<Trial> each = new ArrayList<>();
    for (String layer : tried) {
      each.add(attempt(Kind.LAYER, layer, List.of(layer), Parts.layerOnly(plan, layer)));
    }
    return each.stream()
        .sorted(Comparator.comparingDouble(Trial::sqnrDb))
        .map(Trial::name)
        .toList();
  }

  private Trial combined(Trial given, Map<Remedy, Trial> remedies) throws InterruptedException {
    Trial best = given;
    List<Remedy> taken = new ArrayList<>();
    int combinations = 0;
    for (Remedy remedy : helpful(given, remedies)) {
      if (taken.stream().anyMatch(other -> other.setting().equals(remedy.setting()))) {
        continue;
      }
      Trial next = requireNonNull(remedies.get(remedy));
      if (!taken.isEmpty()) {
        if (combinations++ == MOST_COMBINATIONS) {
          break;
        }
        next = together(best, remedy);
      }
      if (next.gainDb(best) >= LEAST_GAIN_DB) {
        best = next;
        taken.add(remedy);
      }
    }
    return best;
  }

  private static List<Remedy> helpful(Trial given, Map<Remedy, Trial> remedies) {
    return remedies.entrySet().stream()
        .filter(tried -> tried.getValue().gainDb(given) >= LEAST_GAIN_DB)
        .sorted(
            Comparator.comparing((Map.Entry<Remedy, Trial> tried) -> !tried.getKey().free())
                .thenComparing(tried -> -tried.getValue().sqnrDb()))
        .map(Map.Entry::getKey)
        .toList();
  }

  private Trial together(Trial best, Remedy remedy) throws InterruptedException {
    return attempt(
        Kind.COMBINATION,
        best.name() + " + " + remedy.name(),
        Stream.concat(best.layers().stream(), remedy.layers().stream()).distinct().toList(),
        remedy.change().apply(best.measured().plan()));
  }
}
