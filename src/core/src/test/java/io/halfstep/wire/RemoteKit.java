package io.halfstep.wire;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import com.typesafe.config.ConfigFactory;

/** An actor system that others reach over TCP, on the loopback interface. */
final class RemoteKit {
  private RemoteKit() {}

  static ActorTestKit start(String name) {
    return ActorTestKit.create(
        name,
        ConfigFactory.parseString(
                """
                akka.actor.provider = remote
                akka.remote.artery {
                  transport = tcp
                  canonical { hostname = "127.0.0.1", port = 0 }
                }
                """)
            .withFallback(ConfigFactory.parseResources("halfstep.conf"))
            .withFallback(ConfigFactory.load()));
  }
}
