package io.halfstep.intake;

import java.util.Map;

/**
 * A topic to take samples from.
 *
 * @param servers the brokers to ask first, {@code host:port,…}
 * @param start where to begin in partitions that nothing was read from
 * @param client further settings of the Kafka client, such as {@code security.protocol}
 */
public record KafkaTopic(String servers, String name, Start start, Map<String, String> client) {

  /** Where to begin. */
  public enum Start {
    /** At the oldest message. */
    EARLIEST,
    /** After the newest message. */
    LATEST
  }
}
