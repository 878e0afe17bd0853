package io.halfstep.intake;

import java.util.Map;

/**
 * A topic to take samples from.
 *
 * @param servers the brokers to ask first, {@code host:port,…}
 * @param start where to begin in partitions of which nothing has been taken yet
 * @param client further settings of the Kafka client, such as {@code security.protocol}
 */
public record KafkaTopic(String servers, String name, Start start, Map<String, String> client) {

  /** Where to begin. */
  public enum Start {
    /** With all that the topic holds. */
    EARLIEST,
    /** With what is sent from now on. */
    LATEST
  }
}
