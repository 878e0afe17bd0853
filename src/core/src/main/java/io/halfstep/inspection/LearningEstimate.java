package io.halfstep.inspection;

import io.halfstep.graph.Block;
import io.halfstep.graph.Inspection;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.learning.BlockLearner;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import io.halfstep.model.TensorTypes;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.Pass;
import io.halfstep.reconstruction.BlockChain;
import io.halfstep.reconstruction.BlockTasks;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram.Port;
import io.halfstep.text.Figures;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The time and the memory that learning by gradient is expected to take, from the shapes of the
 * first samples.
 *
 * <p>Tensors whose shapes depend on values are not counted.
 *
 * @param blocks how many blocks learn, one after the other
 * @param network whether the whole network learns after them
 * @param threadSeconds the seconds on one thread
 * @param bytes the most that is alive at the same time: the models, and of the block that needs the
 *     most its samples, its variables, and the tensors of a batch
 */
public record LearningEstimate(int blocks, boolean network, double threadSeconds, long bytes) {
  /** A forward pass, and one backward for each of the two factors of a product. */
  private static final int PASSES = 3;

  /** The teacher and the student compute each sample, and the error is measured twice. */
  private static final int EVALUATIONS = 4;

  /** Multiply-accumulates of convolutions per second and thread, measured on ResNet-18. */
  private static final double MACS = 30e9;

  /** Elements of tensors per second and thread, measured on ResNet-14 and MobileNet-V2. */
  private static final double ELEMENTS = 220e6;

  /**
   * Tensors of the backward model for each of the block, with those that fake quantization makes.
   */
  private static final int TENSORS = 4;

  /** Numbers for each weight: the variable, its moments and gradients, and values in models. */
  private static final int VARIABLES = 12;

  /**
   * Estimates a run.
   *
   * @param samples the number of samples that are used
   * @param first some of them, which give the shapes
   * @return empty if no layer learns by gradient
   */
  public static Optional<LearningEstimate> of(
      StageGraph graph, Plan plan, long samples, SampleBatch first) {
    List<Block> blocks = learning(graph, plan, Pass.RECONSTRUCT);
    if (blocks.isEmpty()) {
      return Optional.empty();
    }
    List<Block> network = learning(graph, plan, Pass.FINETUNE);
    Ports ports = Ports.of(graph.model(), first);
    double seconds = 0;
    long bytes = 0;
    for (Pass pass : List.of(Pass.RECONSTRUCT, Pass.FINETUNE)) {
      long runs =
          (long) PASSES * BlockLearner.BATCH * BlockTasks.descent(plan, pass).iterations()
              + EVALUATIONS * samples;
      for (Block block : pass == Pass.FINETUNE ? network : blocks) {
        seconds += runs * ports.seconds(block);
        bytes = Math.max(bytes, ports.bytes(block, samples));
      }
    }
    return Optional.of(
        new LearningEstimate(
            blocks.size(),
            !network.isEmpty(),
            seconds,
            bytes + 2L * graph.model().proto().getSerializedSize()));
  }

  private static List<Block> learning(StageGraph graph, Plan plan, Pass pass) {
    return BlockChain.blocks(graph, pass).stream()
        .filter(
            block ->
                block.layers().stream()
                    .flatMap(layer -> plan.layer(layer.name()).stream())
                    .anyMatch(how -> how.learns(BlockTasks.learn(pass))))
        .toList();
  }

  /** Returns the seconds on a number of threads. */
  public double seconds(int threads) {
    return threadSeconds / Math.min(threads, BlockLearner.SHARDS);
  }

  /** Says what learns, for how long, and in how much memory. */
  public String describe(int threads) {
    return "%d %s%s: about %s, %s"
        .formatted(
            blocks,
            blocks == 1 ? "block" : "blocks",
            network ? ", then the whole network" : "",
            Figures.clock(seconds(threads)),
            Figures.bytes(bytes));
  }

  /**
   * The tensors of a network.
   *
   * @param together how many samples they hold
   */
  private record Ports(Map<String, Port> ports, int together) {
    static Ports of(Model model, SampleBatch samples) {
      Map<String, long[]> shapes = new HashMap<>();
      samples.inputs().forEach((name, tensor) -> shapes.put(name, tensor.shape()));
      Set<String> names = new LinkedHashSet<>();
      model.proto().getGraph().getNodeList().forEach(node -> names.addAll(Nodes.makes(node)));
      return new Ports(
          TensorTypes.infer(TensorTypes.withInputs(model, shapes), names), samples.samples());
    }

    /** Returns the seconds on one thread of one forward pass of a sample. */
    double seconds(Block block) {
      double macs = 0; // of one sample, whatever the shapes' first dimension
      for (Layer layer : block.layers()) {
        macs += Inspection.macs(layer, shape(layer.input()), shape(layer.output())).orElse(0);
      }
      double elements = (double) made(block) / Float.BYTES / together;
      return macs / MACS + elements / ELEMENTS;
    }

    long bytes(Block block, long samples) {
      long sample = (bytes(block.inputs()) + bytes(block.outputs())) / together;
      long weights = block.layers().stream().mapToLong(layer -> layer.weight().size()).sum();
      return Math.min(BlockTasks.SAMPLE_BYTES, samples * sample)
          + TENSORS * Math.min(samples, BlockLearner.BATCH) * made(block) / together
          + VARIABLES * Float.BYTES * weights;
    }

    private long made(Block block) {
      return block.nodes().stream().mapToLong(node -> bytes(Nodes.makes(node))).sum();
    }

    private long bytes(Collection<String> tensors) {
      return tensors.stream().mapToLong(this::bytes).sum();
    }

    private long bytes(String tensor) {
      Port port = ports.get(tensor);
      ElementType type = port == null ? null : port.type();
      return type == null || shape(tensor).stream().anyMatch(dim -> dim < 0)
          ? 0
          : shape(tensor).stream().reduce((long) type.bytes(), (a, b) -> a * b);
    }

    private List<Long> shape(String tensor) {
      Port port = ports.get(tensor);
      return port == null ? List.of() : port.shape();
    }
  }
}
