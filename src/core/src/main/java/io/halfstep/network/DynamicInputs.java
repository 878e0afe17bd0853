package io.halfstep.network;

import java.util.List;
import java.util.Optional;

/**
 * The layers whose inputs were to be quantized over ranges that the runtime computes.
 *
 * @param layers those whose inputs are
 * @param inFloat those for which no runtime does so: their inputs stay in float
 */
public record DynamicInputs(List<String> layers, List<String> inFloat) {
  /** No layers. */
  public static final DynamicInputs NONE = new DynamicInputs(List.of(), List.of());

  public DynamicInputs {
    layers = List.copyOf(layers);
    inFloat = List.copyOf(inFloat);
  }

  /** Says which inputs stay in float; empty if none does. */
  public Optional<String> note() {
    return inFloat.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "inputs of %d layer%s stay in float, since only MatMul and Gemm with scales per tensor or channel have dynamic ranges: %s"
                .formatted(
                    inFloat.size(), inFloat.size() == 1 ? "" : "s", String.join(", ", inFloat)));
  }
}
