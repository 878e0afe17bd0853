package io.halfstep.graph;

import java.util.List;

/**
 * A stage of the actor graph: one layer, or a group of operators between layers.
 *
 * <p>{@code level} is the number of layers on the longest way from the graph's inputs to the
 * stage's outputs, the stage itself included. {@code inputs} are the activations that the stage
 * reads (no constants), {@code outputs} are the tensors that other stages or the graph's outputs
 * read.
 */
public sealed interface Stage {
  /** Returns the layer's name, or {@code operators-N}; unique in the graph. */
  String name();

  int level();

  List<String> inputs();

  List<String> outputs();

  /**
   * Returns the stage as a separate ONNX model, serialized. A layer's has the inputs {@code x},
   * {@code w} and, with a bias, {@code b} and the output {@code y}; an operator stage's are named
   * as in the graph.
   */
  byte[] program();

  /** A stage of one layer. */
  record LayerStage(
      String name,
      int level,
      List<String> inputs,
      List<String> outputs,
      Layer layer,
      byte[] program)
      implements Stage {}

  /** A stage of operators that ONNX Runtime executes in one call. */
  record OperatorStage(
      String name,
      int level,
      List<String> inputs,
      List<String> outputs,
      List<String> operators,
      byte[] program)
      implements Stage {}
}
