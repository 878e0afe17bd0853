package io.halfstep.learning;

import static java.util.Objects.requireNonNull;

import io.halfstep.tensor.Mask;
import io.halfstep.tensor.Tensor;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The samples that a block learns from, sample by sample, of any shapes: a uniform random draw
 * without replacement from a stream, bounded in bytes. The draw depends on the seed and the
 * samples' places in the stream alone, not on batches.
 */
public final class BlockSamples {
  /**
   * What samples must have in common to be in one batch.
   *
   * @param shapes of all tensors; of those that each sample has its own of, the first axis is −1
   * @param positions in a sequence, padding included; 0 without a mask
   */
  private record Form(Map<String, List<Long>> shapes, long positions) {}

  private record Sample(Form form, Map<String, Tensor> tensors, @Nullable Tensor positions) {}

  private final BoundedDraw<Sample> drawn;
  private final Set<String> common = new HashSet<>();
  private final Map<Form, Map<String, Tensor>> commonTensors = new HashMap<>();

  /**
   * @param bytes the largest total size of stored samples; one is always stored
   */
  public BlockSamples(long bytes, long seed) {
    this.drawn = new BoundedDraw<>(bytes, seed);
  }

  /**
   * Offers a batch.
   *
   * @param count its number of samples
   * @param tensors by name, samples along the first axis; one of another length holds for all
   *     samples
   * @param mask of its padding, which counts in no error; null if there is none
   */
  public void add(int count, Map<String, Tensor> tensors, @Nullable Mask mask) {
    Map<String, Tensor> own = new HashMap<>(tensors);
    own.values().removeIf(tensor -> tensor.rank() == 0 || tensor.dim(0) != count);
    tensors.keySet().stream().filter(name -> !own.containsKey(name)).forEach(common::add);
    own.keySet().removeAll(common);
    Form form = form(tensors, own.keySet(), mask);
    commonTensors.computeIfAbsent(form, f -> without(tensors, own.keySet()));
    long size = own.values().stream().mapToLong(Tensor::bytes).sum() / count;
    for (int i = 0; i < count; i++) {
      int row = i;
      drawn.add(size, () -> sample(form, own, mask, row));
    }
  }

  private static Form form(Map<String, Tensor> tensors, Set<String> own, @Nullable Mask mask) {
    Map<String, List<Long>> shapes = new HashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          long[] shape = tensor.shape();
          if (own.contains(name)) {
            shape[0] = -1;
          }
          shapes.put(name, LongStream.of(shape).boxed().toList());
        });
    return new Form(shapes, mask == null ? 0 : mask.positions().dim(1));
  }

  private static Map<String, Tensor> without(Map<String, Tensor> tensors, Set<String> names) {
    Map<String, Tensor> others = new HashMap<>(tensors);
    others.keySet().removeAll(names);
    return others;
  }

  private static Sample sample(Form form, Map<String, Tensor> own, @Nullable Mask mask, int row) {
    Map<String, Tensor> tensors = new HashMap<>();
    own.forEach((name, tensor) -> tensors.put(name, tensor.rows(row, row + 1)));
    return new Sample(form, tensors, mask == null ? null : mask.positions().rows(row, row + 1));
  }

  /** Returns the samples in the order of the stream, and by shape as these appear in it. */
  List<SampleGroup> groups() {
    Map<Form, SampleGroup> groups = new LinkedHashMap<>();
    for (Sample sample : drawn.elements()) {
      groups
          .computeIfAbsent(
              sample.form(), f -> new SampleGroup(requireNonNull(commonTensors.get(f))))
          .add(sample.tensors(), sample.positions());
    }
    return List.copyOf(groups.values());
  }
}
