package io.halfstep.calibration;

import io.halfstep.checkpoint.Manifest;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.network.Padding;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.ReferenceBatch;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.quantizer.Encoding;
import io.halfstep.source.SampleBatch;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The results that stages have reported, pass by pass. */
final class RunResults {
  private final StageGraph graph;
  private final int learners;
  private final int rangeSetters;
  private final Map<String, RunEvent.Rounded> rounded = new HashMap<>();
  private final Map<String, RunEvent.Measured> measured = new HashMap<>();
  private final Map<String, Double> outputs = new TreeMap<>();
  private final Map<String, Encoding> encodings = new TreeMap<>();
  private final Map<String, ActivationStatistics> statistics = new TreeMap<>();
  private final List<Item.Batch> kept = new ArrayList<>();
  private int rangesSet;
  private boolean passCompleted;
  private long samples;
  private Padding padding = Padding.NONE;

  RunResults(StageGraph graph, Plan plan) {
    this.graph = graph;
    this.learners =
        (int) graph.layers().stream().filter(l -> plan.layer(l.name()).isPresent()).count();
    this.rangeSetters =
        (int) Wiring.quantizedActivations(graph, plan).values().stream().distinct().count();
  }

  /** Restores the results of earlier passes. */
  void resume(Manifest manifest) {
    samples = manifest.totalSamples();
    encodings.putAll(manifest.encodings());
    statistics.putAll(manifest.statistics());
  }

  /** Returns the number of samples of a pass; 0 before the end of the first one. */
  long samples() {
    return samples;
  }

  /** Returns the current encodings of activations. */
  SortedMap<String, Encoding> encodings() {
    return new TreeMap<>(encodings);
  }

  /** Returns the statistics of the encodings. */
  SortedMap<String, ActivationStatistics> statistics() {
    return new TreeMap<>(statistics);
  }

  void begin() {
    rangesSet = 0;
    passCompleted = false;
  }

  void add(RunEvent event) {
    if (event instanceof RunEvent.Rounded layer) {
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
      samples = completed.samples();
      padding = new Padding(completed.positions(), completed.padding());
    }
  }

  /** Returns whether all stages have reported the results of the pass. */
  boolean isComplete(Pass pass) {
    return passCompleted
        && switch (pass) {
          case OBSERVE -> rangesSet == rangeSetters;
          case ROUND, LEARN -> rangesSet == rangeSetters && rounded.size() == learners;
          case FINISH -> measured.size() == graph.layers().size();
        };
  }

  /** Returns the number of first batches whose outputs are kept. */
  int kept() {
    return kept.size();
  }

  /**
   * Returns all results.
   *
   * @param batches the kept batches' inputs
   * @param rejected the rejected samples by reason
   */
  QuantizedNetwork network(List<SampleBatch> batches, Map<String, Long> rejected) {
    List<QuantizedLayer> layers = new ArrayList<>();
    for (Layer layer : graph.layers()) {
      RunEvent.Rounded r = rounded.get(layer.name());
      RunEvent.Measured m = measured.get(layer.name());
      if (r != null && m != null) {
        layers.add(
            new QuantizedLayer(
                layer.name(),
                r.weight(),
                r.rounding(),
                r.loss(),
                r.nearestLoss(),
                r.flips(),
                m.decibels(),
                r.seconds(),
                r.note()));
      }
    }
    return new QuantizedNetwork(
        graph,
        layers,
        encodings,
        statistics,
        outputs,
        reference(batches),
        samples,
        padding,
        rejected);
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
