package io.halfstep.wire;

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
import io.halfstep.statistics.Histogram;
import io.halfstep.statistics.MovingExtremes;
import io.halfstep.statistics.SampleReservoir;
import io.halfstep.statistics.SampleReservoir.Sample;
import io.halfstep.statistics.SampledRows;
import io.halfstep.tensor.Mask;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The serialized form of every class for network and disk: its number, its writer, and a reader for
 * each version. To change a form, change the writer and append a reader; do not change the earlier
 * readers.
 */
final class Forms {
  private static final Numbered<Pass> PASSES =
      new Numbered<>(
          Pass.class,
          Map.ofEntries(
              Map.entry(Pass.OBSERVE, 1),
              Map.entry(Pass.ROUND, 2),
              Map.entry(Pass.LEARN, 3),
              Map.entry(Pass.FINISH, 4),
              Map.entry(Pass.NEAREST, 5),
              Map.entry(Pass.FINISH_NEAREST, 6),
              Map.entry(Pass.UNREPAIRED, 7),
              Map.entry(Pass.FINISH_UNREPAIRED, 8),
              Map.entry(Pass.DERIVE, 9),
              Map.entry(Pass.RECONSTRUCT, 10),
              Map.entry(Pass.FINETUNE, 11),
              Map.entry(Pass.RECONSTRUCTED, 12),
              Map.entry(Pass.FINETUNED, 13),
              Map.entry(Pass.FINISH_RECONSTRUCTED, 14),
              Map.entry(Pass.FINISH_FINETUNED, 15)));

  private static final Numbered<Candidate> CANDIDATES =
      new Numbered<>(
          Candidate.class,
          Map.of(
              Candidate.ROUNDED,
              1,
              Candidate.UNREPAIRED,
              2,
              Candidate.NEAREST,
              3,
              Candidate.RECONSTRUCTED,
              4,
              Candidate.FINETUNED,
              5));

  private static final Numbered<Activity> ACTIVITIES =
      new Numbered<>(
          Activity.class,
          Map.of(
              Activity.RELAYING, 1,
              Activity.COLLECTING, 2,
              Activity.OPTIMIZING, 3,
              Activity.FORWARDING, 4));

  private static final Numbered<Fault> FAULTS =
      new Numbered<>(
          Fault.class, Map.of(Fault.INPUT, 1, Fault.DISK, 2, Fault.MEMORY, 3, Fault.PROGRAM, 4));

  static final List<Form<?>> ALL =
      List.of(
          // tensors
          form(31, Tensor.class, TensorForm::write, TensorForm::read),
          form(32, Activation.class, Forms::writeActivation, Forms::readActivation),

          // quantizers and statistics
          form(
              33,
              Grid.class,
              (to, g) -> to.number(g.bits()).number(g.lowest()).number(g.highest()),
              from -> new Grid(from.integer(), from.integer(), from.integer())),
          form(
              34,
              Encoding.class,
              Forms::writeEncoding,
              Forms::readEncoding,
              from -> readEncoding(from).withFactors(ChannelFactors.of(from.reals()))),
          form(
              35,
              QuantizedWeight.class,
              (to, w) ->
                  to.numbers(w.integers())
                      .number(w.out())
                      .number(w.k())
                      .object(w.encoding())
                      .optional(w.encoding().codebook()),
              from -> readWeight(from, false),
              from -> readWeight(from, false), // version 2 has an encoding of version 2
              from -> readWeight(from, true)),
          form(
              36,
              ActivationStatistics.class,
              (to, s) -> to.object(s.histogram()).number(s.nans()).number(s.infinities()),
              from ->
                  ActivationStatistics.of(
                      from.object(Histogram.class), from.number(), from.number())),
          form(
              37,
              Histogram.class,
              (to, h) -> to.real(h.min()).real(h.max()).number(h.zeros()).numbers(h.counts()),
              from -> Histogram.of(from.real32(), from.real32(), from.number(), from.numbers())),
          form(
              38,
              ChannelStatistics.class,
              Forms::writeChannels,
              from ->
                  ChannelStatistics.of(
                      from.reals(), from.reals(), readDoubles(from), from.number())),
          form(
              39,
              OutputMeans.class,
              (to, m) -> to.reals(m.inputs()).reals(m.outputs()),
              from -> new OutputMeans(from.reals(), from.reals())),

          // items of the stream
          form(40, Pass.class, PASSES::write, PASSES::read),
          form(
              41,
              Item.Batch.class,
              Forms::writeBatch,
              from -> new Item.Batch(from.number(), from.integer(), from.map(Activation.class)),
              Forms::readBatch),
          form(
              42,
              Item.PassStart.class,
              (to, s) -> to.object(s.pass()).number(s.samples()).map(s.settled()),
              from -> new Item.PassStart(pass(from), from.number()),
              from -> new Item.PassStart(pass(from), from.number(), from.map(Encoding.class))),
          form(
              43,
              Item.PassEnd.class,
              (to, e) -> to.object(e.pass()).map(e.encodings()),
              Forms::readPassEnd,
              Forms::readPassEnd), // version 2 has encodings of version 2
          form(
              44,
              Item.Checkpoint.class,
              (to, c) -> to.number(c.number()).number(c.batches()).number(c.samples()),
              from -> new Item.Checkpoint(from.number(), from.number(), from.number())),

          // the protocol
          form(
              45,
              StageId.class,
              (to, s) -> to.number(s.number()).text(s.name()),
              from -> new StageId(from.integer(), from.text())),
          form(
              46,
              RunSettings.class,
              (to, s) -> to.number(s.edgeCredit()).number(s.reservoirBytes()),
              from -> new RunSettings(from.number(), from.number())),
          form(
              50,
              StageActor.Offer.class,
              (to, o) -> to.number(o.inlet()).object(o.item()),
              Forms::readOffer,
              Forms::readOffer), // version 2 has batches of version 2
          form(
              51,
              StageActor.Credit.class,
              (to, c) -> to.number(c.outlet()).number(c.bytes()),
              from -> new StageActor.Credit(from.integer(), from.number())),
          form(
              52,
              StageActor.Connect.class,
              (to, c) -> to.number(c.inlet()).actor(c.producer()).number(c.outlet()),
              from -> new StageActor.Connect(from.integer(), from.actor(), from.integer())),
          form(53, StageActor.Cancel.class, (to, c) -> {}, from -> new StageActor.Cancel()),

          // events
          form(47, Candidate.class, CANDIDATES::write, CANDIDATES::read),
          form(60, Activity.class, ACTIVITIES::write, ACTIVITIES::read),
          form(
              61,
              RunEvent.RangesSet.class,
              (to, r) -> to.object(r.stage()).map(r.encodings()).map(r.statistics()),
              Forms::readRangesSet,
              Forms::readRangesSet), // version 2 has encodings of version 2
          form(
              62,
              RunEvent.Rounded.class,
              Forms::writeRounded,
              from -> readRounded(from, false),
              from -> readRounded(from, true),
              from -> readRounded(from, true)), // version 3 has a weight of version 3
          form(
              63,
              RunEvent.Measured.class,
              (to, m) -> to.text(m.name()).flag(m.output()).real(m.signal()).real(m.noise()),
              from ->
                  new RunEvent.Measured(from.text(), from.flag(), from.real64(), from.real64())),
          form(
              64,
              RunEvent.Advanced.class,
              (to, a) ->
                  to.object(a.stage())
                      .object(a.pass())
                      .object(a.activity())
                      .number(a.samples())
                      .real(a.share()),
              from ->
                  new RunEvent.Advanced(
                      stage(from),
                      pass(from),
                      from.object(Activity.class),
                      from.number(),
                      from.real64())),
          form(
              65,
              RunEvent.PassCompleted.class,
              (to, p) ->
                  to.object(p.pass()).number(p.samples()).number(p.positions()).number(p.padding()),
              from -> new RunEvent.PassCompleted(pass(from), from.number(), 0, 0),
              from ->
                  new RunEvent.PassCompleted(
                      pass(from), from.number(), from.number(), from.number())),
          form(
              66,
              RunEvent.Failed.class,
              (to, f) -> to.object(f.stage()).number(f.batch()).text(f.message()).object(f.fault()),
              from ->
                  new RunEvent.Failed(
                      stage(from), from.number(), from.text(), from.object(Fault.class))),
          form(
              67,
              RunEvent.CheckpointBegun.class,
              (to, c) ->
                  to.number(c.number()).object(c.pass()).number(c.batches()).number(c.samples()),
              from ->
                  new RunEvent.CheckpointBegun(
                      from.number(), pass(from), from.number(), from.number())),
          form(
              68,
              RunEvent.Saved.class,
              (to, s) ->
                  to.number(s.number())
                      .object(s.stage())
                      .flag(s.rounded())
                      .text(s.file())
                      .number(s.bytes())
                      .number(s.checksum()),
              from ->
                  new RunEvent.Saved(
                      from.number(),
                      stage(from),
                      from.flag(),
                      from.text(),
                      from.number(),
                      from.integer())),
          form(
              69,
              RunEvent.NotSaved.class,
              (to, n) ->
                  to.number(n.number())
                      .object(n.stage())
                      .flag(n.rounded())
                      .text(n.file())
                      .text(n.message()),
              from ->
                  new RunEvent.NotSaved(
                      from.number(), stage(from), from.flag(), from.text(), from.text())),
          form(
              71,
              RunEvent.Queued.class,
              (to, q) -> to.object(q.stage()).number(q.waitingBytes()).number(q.creditBytes()),
              from -> new RunEvent.Queued(stage(from), from.number(), from.number())),
          form(
              72,
              RunEvent.OutputsKept.class,
              (to, o) -> to.object(o.outputs()),
              Forms::readKept,
              Forms::readKept), // version 2 has batches of version 2
          form(73, Fault.class, FAULTS::write, FAULTS::read),
          form(74, RunEvent.Sensitivity.class, Forms::writeSensitivity, Forms::readSensitivity),
          form(
              75,
              MovingExtremes.class,
              (to, m) -> to.number(m.window()).number(m.count()).real(m.least()).real(m.greatest()),
              from ->
                  new MovingExtremes(from.number(), from.number(), from.real64(), from.real64())),
          form(76, SampledRows.class, Forms::writeRows, Forms::readRows),
          form(
              77,
              Codebook.class,
              (to, c) -> to.text(c.levels().label()).number(c.tables()).reals(c.values()),
              from -> new Codebook(WeightLevels.parse(from.text()), from.integer(), from.reals())),
          form(
              78,
              RunEvent.Predicted.class,
              (to, p) -> to.text(p.output()).number(p.places()).number(p.changed()),
              from -> new RunEvent.Predicted(from.text(), from.number(), from.number())),
          form(79, RunEvent.Learned.class, Forms::writeLearned, Forms::readLearned),
          form(
              80,
              StageActor.Learned.class,
              (to, l) -> to.object(l.candidate()).object(l.layer()).optional(l.input()),
              from ->
                  new StageActor.Learned(
                      from.object(Candidate.class),
                      from.object(RunEvent.Rounded.class),
                      from.optional(Encoding.class))),
          form(
              81,
              RunEvent.RangeDrift.class,
              (to, d) -> to.text(d.tensor()).real(d.clipped()).real(d.distance()),
              from -> new RunEvent.RangeDrift(from.text(), from.real64(), from.real64())),
          form(
              82,
              RunEvent.LossDrift.class,
              (to, d) -> to.text(d.layer()).real(d.ratio()),
              from -> new RunEvent.LossDrift(from.text(), from.real64())));

  private static final Map<Class<?>, Form<?>> BY_TYPE =
      ALL.stream().collect(Collectors.toMap(Form::type, Function.identity()));

  private static final Map<Integer, Form<?>> BY_ID =
      ALL.stream().collect(Collectors.toMap(Form::id, Function.identity()));

  private Forms() {}

  @SafeVarargs
  @SuppressWarnings("varargs") // List.of copies them
  private static <T> Form<T> form(
      int id, Class<T> type, Form.Writer<T> write, Form.Reader<T>... readers) {
    return new Form<>(id, type, write, List.of(readers));
  }

  static void write(WireWriter to, Object value) {
    Form<?> form = BY_TYPE.get(value.getClass());
    if (form == null) {
      throw new IllegalArgumentException(value.getClass() + " has no form");
    }
    form.write(to, value);
  }

  static Object read(WireReader from) {
    int id = from.count();
    Form<?> form = BY_ID.get(id);
    if (form == null) {
      throw new IllegalArgumentException("no form has the number " + id);
    }
    return form.read(from);
  }

  private static Pass pass(WireReader from) {
    return from.object(Pass.class);
  }

  private static StageId stage(WireReader from) {
    return from.object(StageId.class);
  }

  private static QuantizedWeight readWeight(WireReader from, boolean hasCodebook) {
    int[] integers = from.integers();
    int out = from.integer();
    int k = from.integer();
    Encoding encoding = from.object(Encoding.class);
    Codebook codebook = hasCodebook ? from.optional(Codebook.class) : null;
    return new QuantizedWeight(
        integers, out, k, codebook == null ? encoding : encoding.withCodebook(codebook));
  }

  private static Item.PassEnd readPassEnd(WireReader from) {
    return new Item.PassEnd(pass(from), from.map(Encoding.class));
  }

  private static RunEvent.RangesSet readRangesSet(WireReader from) {
    return new RunEvent.RangesSet(
        stage(from), from.map(Encoding.class), from.map(ActivationStatistics.class));
  }

  /** A tensor shared by teacher and student is written once and read as shared. */
  private static void writeActivation(WireWriter to, Activation activation) {
    to.flag(activation.isShared()).object(activation.teacher());
    if (!activation.isShared()) {
      to.object(activation.student());
    }
  }

  private static Activation readActivation(WireReader from) {
    boolean shared = from.flag();
    Tensor teacher = from.object(Tensor.class);
    return shared ? Activation.shared(teacher) : new Activation(teacher, from.object(Tensor.class));
  }

  private static void writeBatch(WireWriter to, Item.Batch batch) {
    to.number(batch.id()).number(batch.samples()).map(batch.activations());
    Mask mask = batch.mask();
    to.flag(mask != null);
    if (mask != null) {
      to.object(mask.positions());
    }
  }

  private static Item.Batch readBatch(WireReader from) {
    return new Item.Batch(
        from.number(),
        from.integer(),
        from.map(Activation.class),
        from.flag() ? new Mask(from.object(Tensor.class)) : null);
  }

  private static StageActor.Offer readOffer(WireReader from) {
    return new StageActor.Offer(from.integer(), from.object(Item.class));
  }

  private static RunEvent.OutputsKept readKept(WireReader from) {
    return new RunEvent.OutputsKept(from.object(Item.Batch.class));
  }

  /** Without its codebook, which a weight has beside it. */
  private static void writeEncoding(WireWriter to, Encoding encoding) {
    to.object(encoding.grid())
        .number(encoding.isBlocked() ? encoding.granularity().blockSize() : 1)
        .number(encoding.blocks())
        .reals(encoding.scales())
        .numbers(encoding.zeroPoints())
        .reals(encoding.factors().values());
  }

  private static Encoding readEncoding(WireReader from) {
    return Encoding.perBlock(
        from.object(Grid.class), from.integer(), from.integer(), from.reals(), from.integers());
  }

  private static void writeChannels(WireWriter to, ChannelStatistics channels) {
    to.reals(channels.least()).reals(channels.greatest()).count(channels.channels());
    for (double sum : channels.squares()) {
      to.real(sum);
    }
    to.number(channels.positions());
  }

  private static double[] readDoubles(WireReader from) {
    double[] values = new double[from.count(Double.BYTES)];
    for (int i = 0; i < values.length; i++) {
      values[i] = from.real64();
    }
    return values;
  }

  private static void writeRounded(WireWriter to, RunEvent.Rounded rounded) {
    to.text(rounded.layer())
        .object(rounded.weight())
        .text(rounded.rounding())
        .real(rounded.loss())
        .real(rounded.nearestLoss())
        .number(rounded.flips())
        .real(rounded.seconds())
        .text(rounded.note())
        .optional(rounded.means());
  }

  private static RunEvent.Rounded readRounded(WireReader from, boolean hasMeans) {
    return new RunEvent.Rounded(
        from.text(),
        from.object(QuantizedWeight.class),
        from.text(),
        from.real64(),
        from.real64(),
        from.integer(),
        from.real64(),
        from.text(),
        hasMeans ? from.optional(OutputMeans.class) : null);
  }

  private static void writeLearned(WireWriter to, RunEvent.Learned learned) {
    to.object(learned.block()).object(learned.pass()).count(learned.layers().size());
    learned.layers().forEach(to::object);
    to.map(learned.activations()).real(learned.before()).real(learned.after()).text(learned.note());
  }

  private static RunEvent.Learned readLearned(WireReader from) {
    StageId block = stage(from);
    Pass pass = pass(from);
    List<RunEvent.Rounded> layers = new ArrayList<>();
    for (int left = from.count(); left > 0; left--) {
      layers.add(from.object(RunEvent.Rounded.class));
    }
    return new RunEvent.Learned(
        block, pass, layers, from.map(Encoding.class), from.real64(), from.real64(), from.text());
  }

  private static void writeSensitivity(WireWriter to, RunEvent.Sensitivity sensitivity) {
    to.text(sensitivity.layer()).count(sensitivity.losses().size());
    sensitivity.losses().forEach((bits, loss) -> to.number(bits).real(loss));
  }

  private static RunEvent.Sensitivity readSensitivity(WireReader from) {
    String layer = from.text();
    SortedMap<Integer, Double> losses = new TreeMap<>();
    for (int left = from.count(); left > 0; left--) {
      losses.put(from.integer(), from.real64());
    }
    return new RunEvent.Sensitivity(layer, losses);
  }

  private static void writeRows(WireWriter to, SampledRows rows) {
    SampleReservoir reservoir = rows.reservoir();
    to.number(rows.seen()).number(reservoir.capacity()).number(reservoir.seed());
    to.number(reservoir.bound()).count(reservoir.samples().size());
    for (Sample sample : reservoir.samples()) {
      to.number(sample.index()).object(sample.teacher());
    }
  }

  private static SampledRows readRows(WireReader from) {
    long seen = from.number();
    long capacity = from.number();
    long seed = from.number();
    long bound = from.number();
    List<Sample> samples = new ArrayList<>();
    for (int left = from.count(); left > 0; left--) {
      long index = from.number();
      Tensor row = from.object(Tensor.class);
      samples.add(new Sample(index, row, row));
    }
    return new SampledRows(SampleReservoir.of(capacity, seed, bound, samples), seen);
  }
}
