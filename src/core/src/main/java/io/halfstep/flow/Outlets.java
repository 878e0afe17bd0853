package io.halfstep.flow;

import akka.actor.typed.ActorRef;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.Target;
import java.util.ArrayDeque;
import java.util.List;

/**
 * The producing side of a stage: one edge per consumer. A batch is sent if the consumer's credit
 * covers it, or if nothing is in flight (any credit allows at least one batch); else it waits here,
 * and {@link #isIdle} blocks the stage. Markers need no credit and keep their order.
 */
final class Outlets {
  private static final class Edge {
    final Target target;
    final ArrayDeque<Item> waiting = new ArrayDeque<>();
    long credit;
    long granted;

    Edge(Target target) {
      this.target = target;
    }

    void send() {
      while (!waiting.isEmpty()) {
        long bytes = waiting.peekFirst().bytes();
        boolean nothingInFlight = granted > 0 && credit == granted;
        if (bytes > 0 && bytes > credit && !nothingInFlight) {
          return;
        }
        credit -= bytes;
        target.ref().tell(new StageActor.Offer(target.inlet(), waiting.removeFirst()));
      }
    }
  }

  private final List<Edge> edges;

  Outlets(List<Target> targets) {
    edges = targets.stream().map(Edge::new).toList();
  }

  /** Connects this stage to its consumers. */
  void connect(ActorRef<StageActor.Command> self) {
    for (int i = 0; i < edges.size(); i++) {
      Target target = edges.get(i).target;
      target.ref().tell(new StageActor.Connect(target.inlet(), self, i));
    }
  }

  /** Sends an item to every consumer, once its credit allows. */
  void emit(Item item) {
    for (Edge edge : edges) {
      edge.waiting.add(item instanceof Batch batch ? batch.select(edge.target.tensors()) : item);
      edge.send();
    }
  }

  void credit(StageActor.Credit credit) {
    Edge edge = edges.get(credit.outlet());
    if (edge.granted == 0) {
      edge.granted = credit.bytes();
    }
    edge.credit += credit.bytes();
    edge.send();
  }

  /** Returns the bytes of items emitted but not sent. */
  long waitingBytes() {
    long bytes = 0;
    for (Edge edge : edges) {
      for (Item item : edge.waiting) {
        bytes += item.bytes();
      }
    }
    return bytes;
  }

  /** Returns the least credit of all consumers, in bytes; −1 if there are none. */
  long leastCredit() {
    return edges.stream().mapToLong(edge -> Math.max(0, edge.credit)).min().orElse(-1);
  }

  /** Returns whether all emitted items are sent. */
  boolean isIdle() {
    for (Edge edge : edges) {
      if (!edge.waiting.isEmpty()) {
        return false;
      }
    }
    return true;
  }
}
