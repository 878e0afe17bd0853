package io.halfstep.stage;

import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.graph.Stage.OperatorStage;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import java.util.List;

/** The stages of a small network {@code x [N, 2, 4, 4] → Relu → r → Conv → y [N, 3, 4, 4]}. */
final class Stages {
  private static final StageGraph GRAPH =
      StageGraph.of(
          OnnxGraphs.opset(13)
              .input("x", -1, 2, 4, 4)
              .node("Relu", "r", List.of("x"))
              .weight("w", 3, 2, 3, 3)
              .node("Conv", "y", List.of("r", "w"), OnnxGraphs.ints("pads", 1, 1, 1, 1))
              .output("y")
              .model());

  private Stages() {}

  static OperatorStage relu() {
    return (OperatorStage) GRAPH.stages().get(0);
  }

  static LayerStage conv() {
    return (LayerStage) GRAPH.stages().get(1);
  }
}
