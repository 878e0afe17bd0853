package io.halfstep.graph;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.Model;
import io.halfstep.model.TensorTypes;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram.Port;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Extracts the blocks of a network as models of the float network. */
public final class BlockPrograms {
  private final Programs programs;

  /**
   * @throws InvalidInputException if a value that is not a tensor of numbers crosses from one block
   *     to another
   */
  public BlockPrograms(StageGraph network, List<Block> blocks) {
    Model model = network.model();
    Set<String> boundary = new LinkedHashSet<>();
    for (Block block : blocks) {
      boundary.addAll(block.inputs());
      boundary.addAll(block.outputs());
    }
    Map<String, ElementType> types = new HashMap<>();
    for (Map.Entry<String, Port> port : TensorTypes.infer(model, boundary).entrySet()) {
      if (port.getValue().type() == null) {
        throw new InvalidInputException(
            "%s: tensor '%s' crosses from one block to another and is not a tensor of numbers; set learn to off"
                .formatted(model.path(), port.getKey()));
      }
      types.put(port.getKey(), port.getValue().type());
    }
    programs =
        new Programs(model.proto(), new NodeIndex(model, network.taken()).initializers(), types);
  }

  /** Returns a block's serialized model; its inputs and outputs are named as in the network. */
  public byte[] of(Block block) {
    return programs.operators(block.nodes(), block.inputs(), block.outputs());
  }
}
