package io.halfstep.wire;

import akka.actor.typed.ActorRef;
import io.halfstep.failure.Fault;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.RunEvent.Activity;
import io.halfstep.protocol.RunSettings;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.StageId;
import io.halfstep.quantizer.Candidate;
import io.halfstep.quantizer.ChannelFactors;
import io.halfstep.quantizer.Codebook;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.OutputMeans;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.quantizer.WeightLevels;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.statistics.ChannelStatistics;
import io.halfstep.statistics.MovingExtremes;
import io.halfstep.statistics.SampledRows;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Mask;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** An object of every class that is ever written; only appended to, as the golden files are. */
final class Examples {
  private static final StageId STAGE = new StageId(3, "conv");
  private static final Encoding TENSOR = Encoding.perTensor(Grid.unsigned(8), 0.25f, 17);
  private static final Encoding CHANNELS =
      Encoding.perChannel(Grid.signed(4), new float[] {0.5f, 1}, new int[] {0, -3});
  private static final Encoding FACTORS =
      TENSOR.withFactors(ChannelFactors.of(new float[] {2, 0.25f}));
  private static final OutputMeans MEANS =
      new OutputMeans(new float[] {0.5f, 1}, new float[] {-1, 2});
  private static final Encoding BLOCKS =
      Encoding.perBlock(Grid.unsigned(4), 16, 2, new float[] {1, 2, 3, 4}, new int[] {0, 1, 2, 3});
  private static final QuantizedWeight WEIGHT =
      new QuantizedWeight(new int[] {1, -2, 3, 0}, 2, 2, CHANNELS);

  private Examples() {}

  private static ActivationStatistics statistics() {
    ActivationStatistics statistics = new ActivationStatistics();
    statistics.add(new float[] {-1, 2, Float.NaN, 5, 0, -0f, 3e-5f, Float.NEGATIVE_INFINITY});
    return statistics;
  }

  private static Item.Batch batch() {
    Tensor x = Tensor.of(new float[] {1, -2.5f}, 1, 2);
    Tensor y = Tensor.of(ElementType.INT64, new long[] {1L << 40, -1}, 2);
    SortedMap<String, Activation> activations = new TreeMap<>();
    activations.put("x", Activation.shared(x));
    activations.put("y", new Activation(y, Tensor.of(ElementType.INT64, new long[] {0, 1}, 2)));
    return new Item.Batch(7, 3, activations);
  }

  /** In no particular order; of some classes, several. */
  static List<Object> all(ActorRef<StageActor.Command> actor) {
    List<Object> all = new ArrayList<>();
    SortedMap<String, Encoding> encodings = new TreeMap<>(Map.of("t", TENSOR));
    all.addAll(List.of(TENSOR.grid(), TENSOR, CHANNELS, BLOCKS, WEIGHT, FACTORS));
    all.add(ChannelStatistics.of(new float[] {-1, 0}, new float[] {2, 3}, new double[] {4, 5}, 6));
    all.add(statistics());
    all.add(statistics().histogram());
    all.add(new ActivationStatistics());
    for (ElementType type : ElementType.values()) {
      all.add(Tensor.zeros(type, 2, 1));
    }
    all.add(Tensor.of(new float[] {42}));
    all.addAll(batch().activations().values());
    all.addAll(
        List.of(
            Pass.OBSERVE,
            Pass.ROUND,
            Pass.LEARN,
            Pass.FINISH,
            Pass.NEAREST,
            Pass.FINISH_NEAREST,
            Pass.UNREPAIRED,
            Pass.FINISH_UNREPAIRED,
            Pass.DERIVE,
            Pass.RECONSTRUCT,
            Pass.FINETUNE,
            Pass.RECONSTRUCTED,
            Pass.FINETUNED,
            Pass.FINISH_RECONSTRUCTED,
            Pass.FINISH_FINETUNED));
    all.addAll(List.of(Candidate.values()));
    all.addAll(List.of(Activity.values()));
    all.addAll(List.of(Fault.values()));
    all.add(STAGE);
    all.add(StageId.INGRESS);
    all.add(new RunSettings(1 << 20, 16L << 30));
    all.addAll(
        List.of(
            batch(),
            new Item.PassStart(Pass.ROUND, 1L << 40),
            new Item.PassStart(Pass.FINISH, 5, encodings),
            new Item.PassEnd(Pass.OBSERVE, encodings),
            new Item.Checkpoint(3, 1L << 40, 1L << 41)));
    all.addAll(
        List.of(
            new StageActor.Connect(2, actor, 1),
            new StageActor.Offer(1, batch()),
            new StageActor.Credit(3, 1L << 40),
            new StageActor.Cancel()));
    all.addAll(
        List.of(
            new RunEvent.RangesSet(STAGE, encodings, new TreeMap<>(Map.of("t", statistics()))),
            new RunEvent.Rounded("conv", WEIGHT, "lattice", 1.5, 3, 2, 0.1, "a note, größer", null),
            new RunEvent.Rounded("conv", WEIGHT, "lattice", 1.5, 3, 2, 0.1, "", MEANS),
            MEANS,
            new RunEvent.Measured("conv", true, 2.5, 0.125),
            new RunEvent.Advanced(STAGE, Pass.ROUND, Activity.OPTIMIZING, 12, 0.5),
            new RunEvent.PassCompleted(Pass.FINISH, 1024, 0, 0),
            new RunEvent.Failed(STAGE, -1, "why", Fault.DISK),
            new RunEvent.CheckpointBegun(3, Pass.LEARN, 4, 5),
            new RunEvent.Saved(3, STAGE, true, "00000003-3-conv.rounded", 1L << 40, -1),
            new RunEvent.NotSaved(3, STAGE, false, "00000003-3-conv.state", "why"),
            new RunEvent.Queued(STAGE, 1000, -1),
            new RunEvent.OutputsKept(batch()),
            new RunEvent.Sensitivity("conv", new TreeMap<>(Map.of(2, 0.5, 8, 0.125))),
            new RunEvent.Predicted("y", 1L << 33, 5)));
    Mask mask = Mask.of(Tensor.of(new float[] {1, 1, 0}, 3, 1));
    all.add(new Item.Batch(7, 3, batch().activations(), mask));
    all.add(new RunEvent.PassCompleted(Pass.FINISH, 1024, 1L << 40, 7));
    MovingExtremes extremes = new MovingExtremes(100, 7, -0.5, 1.25);
    all.add(extremes);
    SampledRows rows = new SampledRows(8, 1);
    rows.add(Tensor.of(new float[] {1, 2, 3, 4, 5}, 5, 1), 5);
    all.add(rows);
    Codebook codebook =
        new Codebook(WeightLevels.parse("product:2"), 1, new float[] {1, -1, 0.5f, 3});
    Encoding ofVectors = Encoding.perTensor(Grid.unsigned(1), 0.5f, 0).withCodebook(codebook);
    all.add(codebook);
    all.add(new QuantizedWeight(new int[] {1, 1, 0, 0, 0, 1}, 2, 3, ofVectors));
    RunEvent.Rounded layer =
        new RunEvent.Rounded("conv", WEIGHT, "lattice", 1.5, 3, 2, 0.1, "", MEANS);
    all.add(
        new RunEvent.Learned(
            STAGE, Pass.RECONSTRUCT, List.of(layer), encodings, 0.5, 0.125, "a note"));
    all.add(new StageActor.Learned(Candidate.FINETUNED, layer, encodings.get("t")));
    all.add(new RunEvent.RangeDrift("t", 0.25, 1.5));
    all.add(new RunEvent.LossDrift("conv", 2.5));
    return all;
  }
}
