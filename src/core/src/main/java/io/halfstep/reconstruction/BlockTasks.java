package io.halfstep.reconstruction;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.export.opset.OpsetUpgrade;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.gradient.GradientModel;
import io.halfstep.graph.ActivationSites.Site;
import io.halfstep.graph.Block;
import io.halfstep.graph.BlockPrograms;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.learning.BlockLayer;
import io.halfstep.learning.BlockProblem;
import io.halfstep.learning.Descent;
import io.halfstep.model.Model;
import io.halfstep.model.Onnx;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Learn;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.stage.RoundedConstant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Makes the tasks of a chain of blocks. */
public final class BlockTasks {
  /** The largest size of the samples that a block learns from; the same for any memory. */
  public static final long SAMPLE_BYTES = 512 << 20;

  private final StageGraph graph;
  private final Plan plan;
  private final List<RoundedConstant> constants;
  private final Pass pass;
  private final RoundedNetwork student;

  /**
   * @param constants those that the student reads rounded
   * @param student as it is before learning
   */
  BlockTasks(
      StageGraph graph,
      Plan plan,
      List<RoundedConstant> constants,
      Pass pass,
      RoundedNetwork student) {
    this.graph = graph;
    this.plan = plan;
    this.constants = constants;
    this.pass = pass;
    this.student = student;
  }

  /** Returns the tasks in the order of the chain. */
  List<BlockTask> of(List<Block> blocks) {
    BlockPrograms programs = new BlockPrograms(graph, blocks);
    List<BlockTask> tasks = new ArrayList<>();
    Set<String> passedOn = new LinkedHashSet<>();
    graph.model().outputs().stream().map(Model.Port::name).forEach(passedOn::add);
    for (int i = blocks.size() - 1; i >= 0; i--) {
      Block block = blocks.get(i);
      tasks.add(0, task(block, programs.of(block), i, Set.copyOf(passedOn)));
      block.outputs().forEach(passedOn::remove);
      passedOn.addAll(block.inputs());
    }
    return List.copyOf(tasks);
  }

  private BlockTask task(Block block, byte[] teacher, int number, Set<String> passedOn) {
    return new BlockTask(
        pass,
        new BlockProblem(
            teacher,
            student(teacher),
            layers(block),
            student.activations(),
            graph.sites().tensors(),
            given(passedOn),
            Importance.of(student.curvature(), block.outputs()),
            plan.seed() + 31L * number),
        student.layers(),
        block.inputs(),
        block.outputs(),
        passedOn,
        descent(plan, pass),
        SAMPLE_BYTES);
  }

  private ModelProto student(byte[] teacher) {
    OpsetUpgrade upgrade =
        OpsetUpgrade.of(
            Onnx.parsed(RoundedConstant.rounded(teacher, constants).orElse(teacher)),
            GradientModel.LEAST_OPSET);
    if (!upgrade.obstacles().isEmpty()) {
      throw new InvalidInputException(
          "%s: it can't be learned: %s; set learn to off"
              .formatted(graph.model().path(), String.join("; ", upgrade.obstacles())));
    }
    return upgrade.model();
  }

  /** Returns what a layer is asked to learn by, to learn in a pass. */
  public static Learn learn(Pass pass) {
    return pass == Pass.FINETUNE ? Learn.NETWORK : Learn.BLOCKS;
  }

  private List<BlockLayer> layers(Block block) {
    List<BlockLayer> layers = new ArrayList<>();
    for (Layer layer : block.layers()) {
      plan.layer(layer.name())
          .ifPresent(
              how -> {
                RunEvent.Rounded rounded = requireNonNull(student.layers().get(layer.name()));
                layers.add(
                    new BlockLayer(
                        layer,
                        rounded.weight(),
                        rounded.bias(layer.bias()),
                        how.learns(learn(pass)),
                        how.keepsZeros()));
              });
    }
    return layers;
  }

  /**
   * Returns the tensors of which the step stays: images have few values, and of what several blocks
   * read, or tensors share, no block can decide alone.
   */
  private Set<String> given(Set<String> passedOn) {
    Set<String> given = new HashSet<>(passedOn);
    graph.model().inputs().stream().map(Model.Port::name).forEach(given::add);
    for (Site site : graph.sites().sites()) {
      if (site.tensors().size() > 1) {
        given.addAll(site.tensors());
      }
    }
    return given;
  }

  /** Returns how long and how fast a block learns. */
  public static Descent descent(Plan plan, Pass pass) {
    int blocks =
        switch (plan.effort()) {
          case FAST -> 100;
          case NORMAL -> 250;
          case BEST -> 1000;
        };
    return pass == Pass.FINETUNE
        ? new Descent(2 * blocks, 0.5, true, false)
        : new Descent(blocks, 1, false, true);
  }
}
