package io.halfstep.cli;

import io.halfstep.cli.terminal.Terminal;
import io.halfstep.graph.FloatConstants;
import io.halfstep.graph.Inspection;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import java.nio.file.Path;
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
      "Shows how a model would be quantized: its stages, its layers with shapes, parameters and"
          + " multiply-accumulates, and what stays in float and why.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  halfstep inspect model.onnx",
      "",
      "--json prints one object: model, opset, inputs, outputs, stages (name, level, operators,"
          + " inputs, outputs),",
      "layers (name, op, shape, output_shape, parameters, macs), float (name, op, reason, macs),"
          + " parameters, macs (of layers),",
      "quantized (name, op: nodes that are quantized already), file (bytes, parameters),"
          + " float_constants",
      "(node, op, bytes: weights that stay in float), float_bytes, float_share (of the file's"
          + " bytes), float_macs.",
      "Unknown dimensions are -1; macs, of a single sample, are null where shapes are unknown."
          + " A weight that",
      "several nodes read counts once in file.parameters."
    })
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
    InspectResult result =
        new InspectResult(
            modelFile,
            ModelFiles.bytes(modelFile),
            model.parameters(),
            graph,
            Inspection.of(graph),
            FloatConstants.of(graph));
    if (json) {
      terminal.out().println(result.json());
    } else {
      result.print(terminal.out());
    }
    return 0;
  }
}
