package io.halfstep.wire;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorRefResolver;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.Behaviors;
import io.halfstep.protocol.StageActor;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two actor systems, as on two nodes, exchange every message over TCP. */
class TwoSystemsTest {
  private final ActorTestKit near = RemoteKit.start("near");
  private final ActorTestKit far = RemoteKit.start("far");

  @AfterEach
  void stop() {
    near.shutdownTestKit();
    far.shutdownTestKit();
  }

  /** Answers whatever comes, where {@code Connect} says. */
  private static Behavior<Object> echo() {
    return Behaviors.receive(Object.class)
        .onMessage(StageActor.Connect.class, TwoSystemsTest::echoTo)
        .build();
  }

  private static Behavior<Object> echoTo(StageActor.Connect connect) {
    ActorRef<Object> producer = connect.producer().unsafeUpcast();
    producer.tell(connect);
    return Behaviors.receive(Object.class)
        .onAnyMessage(
            message -> {
              producer.tell(message);
              return Behaviors.same();
            })
        .build();
  }

  @Test
  void everyMessageComesBackAsItWas() {
    TestProbe<Object> probe = near.createTestProbe(Object.class);
    ActorRef<StageActor.Command> self = probe.ref().narrow();
    String address =
        ActorRefResolver.get(far.system()).toSerializationFormat(far.spawn(echo(), "echo"));
    ActorRef<Object> echo = ActorRefResolver.get(near.system()).resolveActorRef(address);

    List<StageActor.Wire> messages =
        Examples.all(self).stream()
            .filter(StageActor.Wire.class::isInstance)
            .map(StageActor.Wire.class::cast)
            .toList();
    assertThat(messages.get(0)).isInstanceOf(StageActor.Connect.class);
    for (StageActor.Wire message : messages) {
      echo.tell(message);
      Object answer = probe.receiveMessage(Duration.ofSeconds(20));
      assertThat(answer).isNotSameAs(message).usingRecursiveComparison().isEqualTo(message);
    }
  }
}
