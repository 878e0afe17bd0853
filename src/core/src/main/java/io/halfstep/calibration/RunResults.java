package io.halfstep.calibration;

import io.halfstep.checkpoint.Manifest;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.network.DynamicInputs;
import io.halfstep.network.LearnedBlock;
import io.halfstep.network.Padding;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.ReferenceBatch;
import io.halfstep.network.StoredWeight;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.quantizer.Candidate;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Target;
import io.halfstep.reconstruction.RoundedNetwork;
import io.halfstep.source.SampleBatch;
import io.halfstep.stage.DynamicInput;
import io.halfstep.stage.QuantizedInput;
import io.halfstep.stage.RoundedConstant;
import io.halfstep.stage.SettledRanges;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The results that stages have reported, pass by pass. */
final class RunResults {
  private final StageGraph graph;
  private final List<RoundedConstant> constants;
  private final Target target;
  private final int learners;
  private final Map<String, Integer> producers; // of the tensors with ranges
  private final SettledRanges ranges;
  private final DynamicInputs dynamic;
  private final Set<String> dynamicTensors;
  private final Map<String, RunEvent.Rounded> rounded = new HashMap<>();
  private final Map<String, RunEvent.Measured> measured = new HashMap<>();
  private final Map<String, Double> outputs = new TreeMap<>();
  private final Map<String, Encoding> encodings = new TreeMap<>();
  private final Map<String, ActivationStatistics> statistics = new TreeMap<>();
  private final List<Item.Batch> kept = new ArrayList<>();
  private final Map<Candidate, List<RunEvent.Learned>> learned = new EnumMap<>(Candidate.class);
  private int rangesSet;
  private boolean passCompleted;
  private int learningBlocks;
  private Pass pass = Pass.OBSERVE;
  private long samples;
  private long compared;
  private Padding learnedPadding = Padding.NONE;
  private Padding comparedPadding = Padding.NONE;
  private final Map<Candidate, SortedMap<String, Double>> others = new EnumMap<>(Candidate.class);

  /**
   * @param constants those that the student reads rounded
   */
  RunResults(StageGraph graph, Plan plan, List<RoundedConstant> constants) {
    this.graph = graph;
    this.constants = constants;
    this.target = plan.target();
    this.learners =
        (int) graph.layers().stream().filter(l -> plan.layer(l.name()).isPresent()).count();
    this.ranges = new SettledRanges(graph, plan);
    this.dynamic = dynamic(graph, plan);
    this.dynamicTensors =
        QuantizedInput.of(graph, plan).entrySet().stream()
            .filter(input -> input.getValue().isDynamic())
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet());
    this.producers = Wiring.quantizedActivations(graph, plan);
  }

  private static DynamicInputs dynamic(StageGraph graph, Plan plan) {
    List<String> layers = new ArrayList<>();
    List<String> inFloat = new ArrayList<>();
    for (Layer layer : graph.layers()) {
      plan.layer(layer.name())
          .filter(LayerPlan::hasDynamicInput)
          .ifPresent(how -> (DynamicInput.isOf(layer, how) ? layers : inFloat).add(layer.name()));
    }
    return new DynamicInputs(layers, inFloat);
  }

  /** Restores the results of earlier passes. */
  void resume(Manifest manifest) {
    samples = manifest.totalSamples();
    others.putAll(manifest.others());
    learnedPadding = new Padding(manifest.positions(), manifest.padding());
    encodings.putAll(manifest.encodings());
    statistics.putAll(manifest.statistics());
  }

  /** Returns the number of samples that layers learn from; 0 before the end of the first pass. */
  long samples() {
    return samples;
  }

  /** Returns the padding among these. */
  Padding padding() {
    return learnedPadding;
  }

  /** Returns the SQNR of each output for each candidate before the solver's own. */
  Map<Candidate, SortedMap<String, Double>> others() {
    return others;
  }

  /** Returns the candidate with the least noise; the solver's own, if no other is better. */
  Candidate best() {
    Candidate best = Candidate.ROUNDED;
    double least = noise(outputs);
    for (Map.Entry<Candidate, SortedMap<String, Double>> other : others.entrySet()) {
      if (noise(other.getValue()) < least) {
        least = noise(other.getValue());
        best = other.getKey();
      }
    }
    return best;
  }

  /** The noise of all outputs, each in proportion to its signal. */
  static double noise(Map<String, Double> decibels) {
    return decibels.values().stream().mapToDouble(db -> Math.pow(10, -db / 10)).sum();
  }

  /** Returns the encodings that are settled before a pass. */
  SortedMap<String, Encoding> settled(Pass of) {
    SortedMap<String, Encoding> settled = encodings(of.candidate());
    settled.keySet().retainAll(ranges.before(of));
    return settled;
  }

  /** Returns the encodings of activations, with the steps that a candidate has learned. */
  private SortedMap<String, Encoding> encodings(Candidate candidate) {
    SortedMap<String, Encoding> all = new TreeMap<>(encodings);
    startOf(candidate).ifPresent(start -> all.putAll(encodings(start)));
    learned.getOrDefault(candidate, List.of()).forEach(block -> all.putAll(block.activations()));
    return all;
  }

  /** Returns what a candidate that was learned has before it learned. */
  private static Optional<Candidate> startOf(Candidate candidate) {
    return switch (candidate) {
      case RECONSTRUCTED -> Optional.of(Candidate.ROUNDED);
      case FINETUNED -> Optional.of(Candidate.RECONSTRUCTED);
      case ROUNDED, UNREPAIRED, NEAREST -> Optional.empty();
    };
  }

  /** Returns the student of a candidate that is rounded or learned. */
  RoundedNetwork student(Candidate candidate) {
    Map<String, RunEvent.Rounded> layers =
        new HashMap<>(startOf(candidate).map(start -> student(start).layers()).orElse(rounded));
    for (RunEvent.Learned block : learned.getOrDefault(candidate, List.of())) {
      block.layers().forEach(layer -> layers.put(layer.layer(), layer));
    }
    return new RoundedNetwork(layers, withRange(encodings(candidate)));
  }

  /** Returns the student that a pass in which blocks learn begins with. */
  RoundedNetwork studentBefore(Pass learning) {
    return student(startOf(learning.learned()).orElseThrow());
  }

  /** Returns whether all layers are rounded. */
  boolean isRounded() {
    return rounded.size() == learners;
  }

  /** Returns what blocks say that could not learn. */
  List<String> notes() {
    return learned.values().stream()
        .flatMap(List::stream)
        .map(RunEvent.Learned::note)
        .filter(note -> !note.isEmpty())
        .toList();
  }

  /** Returns how many blocks have learned for a candidate. */
  int blocks(Candidate candidate) {
    return learned.getOrDefault(candidate, List.of()).size();
  }

  /** Returns whether stages don't report the ranges of a pass again. */
  boolean areFinal(Pass of) {
    return rangeSetters(of) == 0;
  }

  /** Returns the number of stages that report ranges at the end of a pass. */
  private long rangeSetters(Pass of) {
    return of.compares() || of.learnsBlocks()
        ? 0
        : producers.entrySet().stream()
            .filter(producer -> !ranges.before(of).contains(producer.getKey()))
            .map(Map.Entry::getValue)
            .distinct()
            .count();
  }

  /** Returns the encodings that stages don't report again if they resume a pass. */
  SortedMap<String, Encoding> encodingsOutside(Pass of) {
    return outside(of, encodings);
  }

  /** Returns the statistics of these. */
  SortedMap<String, ActivationStatistics> statisticsOutside(Pass of) {
    return outside(of, statistics);
  }

  private <T> SortedMap<String, T> outside(Pass of, Map<String, T> ofTensors) {
    SortedMap<String, T> some = new TreeMap<>(ofTensors);
    if (!areFinal(of)) {
      some.keySet().retainAll(ranges.before(of));
    }
    return some;
  }

  /**
   * A pass begins.
   *
   * @param learning how many blocks learn in it
   */
  void begin(Pass next, int learning) {
    learningBlocks = learning;
    if (pass == Pass.OBSERVE && next != pass) {
      ranges.settle(encodings, statistics);
    }
    pass = next;
    rangesSet = 0;
    passCompleted = false;
    measured.clear();
    outputs.clear();
    kept.clear();
  }

  void add(RunEvent event) {
    if (event instanceof RunEvent.Learned block) {
      learned.computeIfAbsent(block.pass().learned(), c -> new ArrayList<>()).add(block);
    } else if (event instanceof RunEvent.Rounded layer) {
      rounded.put(layer.layer(), layer);
    } else if (event instanceof RunEvent.RangesSet ranges) {
      rangesSet++;
      encodings.putAll(ranges.encodings());
      statistics.putAll(ranges.statistics());
    } else if (event instanceof RunEvent.Measured m && m.output()) {
      outputs.put(m.name(), m.decibels());
    } else if (event instanceof RunEvent.Measured m) {
      measured.put(m.name(), m);
    } else if (event instanceof RunEvent.OutputsKept outputs) {
      kept.add(outputs.outputs());
    } else if (event instanceof RunEvent.PassCompleted completed) {
      passCompleted = true;
      Padding padding = new Padding(completed.positions(), completed.padding());
      if (pass.compares()) {
        compared = completed.samples();
        comparedPadding = padding;
      } else {
        samples = completed.samples();
        learnedPadding = padding;
      }
    }
  }

  /** Returns whether all stages have reported the results of the pass. */
  boolean isComplete() {
    if (!passCompleted) {
      return false;
    }
    return switch (pass) {
      case OBSERVE -> rangesSet == rangeSetters(pass);
      case ROUND, LEARN, DERIVE -> rangesSet == rangeSetters(pass) && isRounded();
      case RECONSTRUCT, FINETUNE -> blocks(pass.learned()) == learningBlocks;
      case NEAREST,
          UNREPAIRED,
          RECONSTRUCTED,
          FINETUNED,
          FINISH,
          FINISH_NEAREST,
          FINISH_UNREPAIRED,
          FINISH_RECONSTRUCTED,
          FINISH_FINETUNED ->
          measured.size() == graph.layers().size();
    };
  }

  /** Remembers the outputs of this pass's candidate, before the solver's own is compared. */
  void keepOutputs() {
    others.put(pass.candidate(), new TreeMap<>(outputs));
  }

  /** Returns the number of first batches whose outputs are kept. */
  int kept() {
    return kept.size();
  }

  /**
   * Returns all results.
   *
   * @param batches the kept batches' inputs
   * @param separate whether the compared samples were held back from learning
   * @param rejected the rejected samples by reason
   */
  QuantizedNetwork network(
      List<SampleBatch> batches, boolean separate, Map<String, Long> rejected) {
    List<QuantizedLayer> layers = new ArrayList<>();
    for (Layer layer : graph.layers()) {
      RunEvent.Rounded r = rounded.get(layer.name());
      RunEvent.Measured m = measured.get(layer.name());
      if (r != null) {
        layers.add(
            new QuantizedLayer(
                layer.name(),
                r.weight(),
                r.bias(layer.bias()),
                r.rounding(),
                r.loss(),
                r.nearestLoss(),
                r.flips(),
                m == null ? Double.NaN : m.decibels(),
                r.seconds(),
                r.note()));
      }
    }
    return new QuantizedNetwork(
        graph,
        layers,
        constants.stream()
            .map(c -> new StoredWeight(c.constant(), c.weight(), c.isShared()))
            .toList(),
        withRange(encodings(pass.candidate())),
        dynamic,
        withRange(statistics),
        outputs,
        others.getOrDefault(Candidate.NEAREST, new TreeMap<>()),
        target,
        pass.candidate(),
        learnedBlocks(),
        reference(batches),
        separate ? samples + compared : samples,
        separate ? compared : 0,
        separate ? learnedPadding.plus(comparedPadding) : learnedPadding,
        rejected);
  }

  /** Returns what could learn, in the order of the passes and the network. */
  private List<LearnedBlock> learnedBlocks() {
    return learned.values().stream()
        .flatMap(blocks -> blocks.stream().sorted(Comparator.comparing(RunEvent.Learned::block)))
        .filter(block -> block.note().isEmpty())
        .map(
            block ->
                new LearnedBlock(
                    block.block().name(),
                    block.pass().learned(),
                    block.before(),
                    block.after(),
                    block.layers().stream().map(RunEvent.Rounded::layer).toList()))
        .toList();
  }

  /** Of a dynamic tensor, only the factors count, which are in its readers' weights. */
  private <T> Map<String, T> withRange(Map<String, T> ofTensors) {
    Map<String, T> some = new TreeMap<>(ofTensors);
    some.keySet().removeAll(dynamicTensors);
    return some;
  }

  private List<ReferenceBatch> reference(List<SampleBatch> batches) {
    List<ReferenceBatch> reference = new ArrayList<>();
    for (int i = 0; i < batches.size(); i++) {
      Map<String, Tensor> teacher = new TreeMap<>();
      Map<String, Tensor> student = new TreeMap<>();
      kept.get(i)
          .activations()
          .forEach(
              (name, activation) -> {
                teacher.put(name, activation.teacher());
                student.put(name, activation.student());
              });
      reference.add(
          new ReferenceBatch(batches.get(i).inputs(), teacher, student, kept.get(i).mask()));
    }
    return reference;
  }
}
