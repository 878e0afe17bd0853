package io.halfstep.calibration;

import io.halfstep.failure.Fault;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Conditional;
import io.halfstep.graph.Conditional.Taken;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.source.BatchReader;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxRuntimeException;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorValues;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs the conditions of a network's {@code If} nodes on samples. Where all samples take the same
 * branch, its layers are quantized; where they do not, no branch is.
 *
 * <p>Nodes within a branch are decided once the branch is: that takes another pass over the
 * samples. Thread-safe.
 */
public final class BranchConditions implements AutoCloseable {
  private final StageGraph graph;
  private final List<Conditional> undecided;
  private final Map<String, Taken> taken = new HashMap<>();
  private @Nullable OnnxProgram program;
  private boolean closed;

  BranchConditions(StageGraph graph) {
    this.graph = graph;
    this.undecided = graph.undecided();
  }

  /** Decides all nodes, in as many passes as branches are nested. */
  public static StageGraph decide(StageGraph graph, Supplier<BatchReader> pass) {
    StageGraph decided = graph;
    while (!decided.undecided().isEmpty()) {
      try (BranchConditions conditions = new BranchConditions(decided);
          BatchReader reader = pass.get()) {
        SampleBatch batch = reader.next();
        while (batch != null && conditions.add(batch)) {
          batch = reader.next();
        }
        decided = conditions.decided();
      }
    }
    return decided;
  }

  /** Adds samples; returns whether more of them may change the result. */
  synchronized boolean add(SampleBatch batch) {
    if (!closed) {
      Map<String, Tensor> values = run(batch);
      for (Conditional node : undecided) {
        Tensor value = values.get(node.condition());
        if (value == null || value.size() != 1) {
          throw new InvalidInputException(
              "%s: the condition '%s' of an If is %s for %d samples, expected a single value; batches of 1 may give one"
                  .formatted(graph.model().path(), node.condition(), value, batch.samples()));
        }
        Taken branch = TensorValues.doubles(value)[0] != 0 ? Taken.THEN : Taken.ELSE;
        taken.merge(node.output(), branch, (a, b) -> a == b ? a : Taken.BOTH);
      }
    }
    return !closed && taken.values().stream().anyMatch(branch -> branch != Taken.BOTH);
  }

  private Map<String, Tensor> run(SampleBatch batch) {
    Map<String, Tensor> values = new HashMap<>(batch.inputs()); // one may be a condition
    Set<String> computed = new TreeSet<>();
    undecided.forEach(node -> computed.add(node.condition()));
    computed.removeAll(values.keySet());
    if (computed.isEmpty()) {
      return values;
    }
    try {
      if (program == null) {
        Model conditions = graph.model().computing(computed);
        program = OnnxProgram.load(conditions.proto().toByteArray());
      }
      values.putAll(program.run(batch.inputs()));
      return values;
    } catch (OnnxRuntimeException e) {
      throw new CalibrationException(
          "the conditions of If nodes: %s; 'halfstep evaluate' shows whether the float model runs on these samples"
              .formatted(e.getMessage()),
          Fault.of(e));
    }
  }

  synchronized boolean hasSamples() {
    return !taken.isEmpty();
  }

  /** Returns the network with the layers of the branches that all samples have taken. */
  synchronized StageGraph decided() {
    return graph.deciding(taken);
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (program != null) {
      program.close();
      program = null;
    }
  }
}
