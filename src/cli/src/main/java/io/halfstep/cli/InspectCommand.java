package io.halfstep.cli;

import io.halfstep.Quantization;
import io.halfstep.cli.options.PlanOptions;
import io.halfstep.cli.options.SettingOptions;
import io.halfstep.cli.options.SettingsCommand;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.graph.FloatConstants;
import io.halfstep.graph.Inspection;
import io.halfstep.graph.StageGraph;
import io.halfstep.inspection.MemoryEstimate;
import io.halfstep.plan.DataSettings;
import io.halfstep.plan.PlanFile;
import io.halfstep.plan.ResourceSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code halfstep inspect}. */
@Command(
    name = "inspect",
    sortOptions = false,
    customSynopsis = "halfstep inspect MODEL [--data=PATH...] [--json]%n",
    description = {
      "Shows how a model would be quantized: its stages, its layers with shapes, parameters and"
          + " multiply-accumulates, and what stays in float and why. With samples, it shows how many"
          + " there are, which branches of If nodes they take, whether an input masks their padding,"
          + " and how much memory 'quantize' is"
          + " expected to take, and how long it learns by gradient, with the options of quantization"
          + " as given.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  halfstep inspect model.onnx",
      "  halfstep inspect model.onnx --data samples.npz",
      "",
      "--json prints one object: model, opset, inputs, outputs, stages (name, level, operators,"
          + " inputs, outputs),",
      "layers (name, op, shape, output_shape, parameters, macs), float (name, op, reason, macs),"
          + " stored (name, nodes, shape,",
      "bytes: constants of other nodes that 'quantize' stores as integers), parameters, macs (of layers),",
      "quantized (name, op: nodes that are quantized already), file (bytes, parameters),"
          + " float_constants",
      "(node, op, bytes: weights that stay in float), float_bytes, float_share (of the file's"
          + " bytes), float_macs,",
      "memory (samples, shapes, model, kept, in_flight, learning, gradient, expected_peak: bytes;"
          + " null without --data),",
      "learn (blocks: how many learn by gradient, network: whether it learns as a whole,"
          + " thread_seconds; null without --data and --learn),",
      "mask (the input that is 0 where samples are padded; null without --data, or if there is"
          + " none).",
      "Unknown dimensions are -1; macs, of a single sample, are null where shapes are unknown."
          + " A weight that",
      "several nodes read counts once in file.parameters."
    })
final class InspectCommand implements Callable<Integer>, SettingsCommand {
  private final Terminal terminal;

  @Parameters(paramLabel = "MODEL", description = "An ONNX model, opset 7 and later.")
  private Path modelFile = Path.of("");

  @Option(names = "--json", description = "Print it as one line of JSON.")
  private boolean json;

  private final SettingOptions data = new SettingOptions(DataSettings.ALL);
  private final PlanOptions planOptions = new PlanOptions();
  private final SettingOptions resources =
      new SettingOptions(List.of(ResourceSettings.THREADS, ResourceSettings.MEMORY));

  InspectCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void addOptions(CommandSpec command) {
    data.addTo(command, "Data, for the memory that 'quantize' is expected to take:");
    planOptions.addTo(command);
    resources.addTo(command, "Resources:");
  }

  @Override
  public Integer call() {
    PlanFile file = planOptions.read();
    Quantization quantization = Quantization.of(modelFile).plan(planOptions.over(file.plan()));
    DataSettings samples = new DataSettings(data.given().over(file.others()));
    boolean given = !samples.files().isEmpty();
    if (given) {
      quantization
          .data(samples)
          .resources(new ResourceSettings(resources.given().over(file.others())));
    }
    MemoryEstimate memory = given ? quantization.memory() : null;
    StageGraph graph = quantization.graph();
    InspectResult result =
        new InspectResult(
            modelFile,
            ModelFiles.bytes(modelFile),
            quantization.model().parameters(),
            graph,
            Inspection.of(graph),
            FloatConstants.of(graph, graph.storedConstants()),
            memory,
            quantization.learning().orElse(null),
            given ? quantization.open().mask() : null);
    if (json) {
      terminal.out().println(result.json());
    } else {
      result.print(terminal.out());
    }
    return 0;
  }
}
