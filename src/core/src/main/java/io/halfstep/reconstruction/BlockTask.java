package io.halfstep.reconstruction;

import io.halfstep.learning.BlockLayer;
import io.halfstep.learning.BlockProblem;
import io.halfstep.learning.Descent;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a block is to do.
 *
 * @param pass in which it learns
 * @param problem its models, and what is learned
 * @param rounded its layers' integers before learning, by name
 * @param inputs the tensors that it reads
 * @param outputs the tensors that it makes
 * @param passedOn the tensors that later blocks read
 * @param descent how long and how fast it learns
 * @param sampleBytes the largest size of the samples that it learns from
 */
record BlockTask(
    Pass pass,
    BlockProblem problem,
    Map<String, RunEvent.Rounded> rounded,
    List<String> inputs,
    List<String> outputs,
    Set<String> passedOn,
    Descent descent,
    long sampleBytes) {
  /** Returns whether any of its layers learns. */
  boolean learns() {
    return problem.layers().stream().anyMatch(BlockLayer::learns);
  }

  /** Returns the tensors that this block and later ones read of what is made before. */
  List<String> needed() {
    Set<String> needed = new TreeSet<>(passedOn);
    outputs.forEach(needed::remove);
    needed.addAll(inputs);
    return List.copyOf(needed);
  }
}
