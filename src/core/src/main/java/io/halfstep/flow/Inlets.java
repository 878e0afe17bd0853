package io.halfstep.flow;

import akka.actor.typed.ActorRef;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Item.PassEnd;
import io.halfstep.protocol.Item.PassStart;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.StageActor;
import io.halfstep.quantizer.Encoding;
import java.util.ArrayDeque;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The consuming side of a stage: one edge per producer, joined batch by batch in the order of the
 * stream.
 *
 * <p>A batch counts against its edge's credit until {@link #release}. An edge that must wait for
 * another branch while that branch's layers are learning (in {@link Pass#ROUND}; the run determines
 * these edges) keeps its batches in a {@link KeptBatches} instead and returns the credit at once.
 * Otherwise the fan-out before it would stall, and the other branch would never reach the end of
 * its pass.
 */
final class Inlets implements AutoCloseable {
  /** Awaits the outcome of a spool access in the actor. */
  interface Later {
    <T> void await(CompletableFuture<T> access, Consumer<T> then);
  }

  /** An entry in an edge's queue; the item is null while it is in the store. */
  private static final class Entry {
    @Nullable Item item;
    boolean loading;

    Entry(@Nullable Item item) {
      this.item = item;
    }
  }

  private static final class Edge {
    final boolean waits;
    final KeptBatches store;
    final ArrayDeque<Entry> queue = new ArrayDeque<>();
    boolean keeping;
    @Nullable ActorRef<StageActor.Command> producer;
    int outlet;
    long owed;
    long waiting;

    Edge(boolean waits, KeptBatches store) {
      this.waits = waits;
      this.store = store;
    }

    void credit(long bytes) {
      if (producer != null && bytes > 0) {
        producer.tell(new StageActor.Credit(outlet, bytes));
      }
    }
  }

  private final RunContext run;
  private final Later later;
  private final List<Edge> edges;

  /**
   * Creates the inlets of a stage.
   *
   * @param waits for each edge, whether it waits for another branch while that learns
   */
  Inlets(RunContext run, List<Boolean> waits, Later later) {
    this.run = run;
    this.later = later;
    this.edges = waits.stream().map(w -> new Edge(w, new KeptBatches(run.node()))).toList();
  }

  /** Grants a producer its credit. */
  void connect(StageActor.Connect connect) {
    Edge edge = edges.get(connect.inlet());
    edge.producer = connect.producer();
    edge.outlet = connect.outlet();
    edge.credit(run.settings().edgeCredit());
  }

  void offer(StageActor.Offer offer) {
    Edge edge = edges.get(offer.inlet());
    if (offer.item() instanceof PassStart start) {
      edge.keeping = edge.waits && start.pass() == Pass.ROUND;
    }
    if (offer.item() instanceof Batch batch && edge.keeping) {
      edge.queue.add(new Entry(null));
      long bytes = batch.bytes();
      later.await(edge.store.put(batch), kept -> edge.credit(bytes));
    } else {
      edge.queue.add(new Entry(offer.item()));
      edge.waiting += offer.item().bytes();
    }
  }

  /** Returns the next item, once every edge has delivered its part; else null. */
  @Nullable Item poll() {
    for (Edge edge : edges) {
      if (edge.queue.isEmpty()) {
        return null;
      }
    }
    boolean complete = true;
    for (Edge edge : edges) {
      Entry head = edge.queue.getFirst();
      if (head.item == null) {
        complete = false;
        if (!head.loading) {
          head.loading = true;
          later.await(edge.store.take(), batch -> head.item = batch);
        }
      }
    }
    return complete ? join() : null;
  }

  private Item join() {
    @Nullable Item joined = null;
    for (Edge edge : edges) {
      Entry head = edge.queue.removeFirst();
      Item item = java.util.Objects.requireNonNull(head.item);
      edge.owed = head.loading ? 0 : item.bytes();
      edge.waiting -= edge.owed;
      joined = joined == null ? item : join(joined, item);
    }
    return java.util.Objects.requireNonNull(joined);
  }

  private static Item join(Item a, Item b) {
    if (a instanceof Batch left && b instanceof Batch right && left.id() == right.id()) {
      SortedMap<String, Activation> all = new TreeMap<>(left.activations());
      all.putAll(right.activations());
      return left.with(all);
    }
    if (a instanceof PassEnd left && b instanceof PassEnd right && left.pass() == right.pass()) {
      SortedMap<String, Encoding> all = new TreeMap<>(left.encodings());
      all.putAll(right.encodings());
      return new PassEnd(left.pass(), all);
    }
    if (a.equals(b)) {
      return a;
    }
    throw new IllegalStateException("out of step: " + a + " and " + b);
  }

  /** Releases the batch polled last: its bytes are free again. */
  void release() {
    for (Edge edge : edges) {
      edge.credit(edge.owed);
      edge.owed = 0;
    }
  }

  /**
   * Returns the bytes of batches that have arrived but were not polled, except those in a store.
   */
  long waitingBytes() {
    return edges.stream().mapToLong(edge -> edge.waiting).sum();
  }

  /** Completes when no spool file is being accessed. */
  CompletableFuture<?> quiet() {
    return CompletableFuture.allOf(
        edges.stream().map(e -> e.store.quiet()).toArray(CompletableFuture<?>[]::new));
  }

  @Override
  public void close() {
    edges.forEach(e -> e.store.close());
  }
}
