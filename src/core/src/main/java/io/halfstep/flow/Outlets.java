package io.halfstep.flow;

import akka.actor.typed.ActorRef;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.Target;
import java.util.ArrayDeque;
import java.util.List;

/**
 * The producing side of a stage: one edge per consumer. A batch is sent where the consumer's credit
 * covers it, or where nothing is in flight (a credit is good for one batch at least); else it waits
 * here, and {@link #isIdle} holds the stage back. Markers cost nothing and keep their place.
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

  /** Presents this stage to its consumers. */
  void connect(ActorRef<StageActor.Command> self) {
    for (int i = 0; i < edges.size(); i++) {
      Target target = edges.get(i).target;
      target.ref().tell(new StageActor.Connect(target.inlet(), self, i));
    }
  }

  /** Sends an item to every consumer, now or when its credit allows. */
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

  /** Bytes of what was emitted but not sent yet. */
  long waitingBytes() {
    long bytes = 0;
    for (Edge edge : edges) {
      for (Item item : edge.waiting) {
        bytes += item.bytes();
      }
    }
    return bytes;
  }

  /** The least credit of all consumers, in bytes; −1 where there are none. */
  long leastCredit() {
    return edges.stream().mapToLong(edge -> Math.max(0, edge.credit)).min().orElse(-1);
  }

  /** Whether all that was emitted has been sent. */
  boolean isIdle() {
    for (Edge edge : edges) {
      if (!edge.waiting.isEmpty()) {
        return false;
      }
    }
    return true;
  }
}
