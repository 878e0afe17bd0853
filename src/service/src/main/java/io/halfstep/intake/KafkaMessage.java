package io.halfstep.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * A message.
 *
 * @param headers the last value of each, as UTF-8
 * @param value empty where it has none
 */
public record KafkaMessage(
    String topic, int partition, long offset, Map<String, String> headers, byte[] value) {

  static KafkaMessage of(ConsumerRecord<byte[], byte[]> message) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (Header header : message.headers()) {
      if (header.value() != null) {
        headers.put(header.key(), new String(header.value(), UTF_8));
      }
    }
    byte[] value = message.value();
    return new KafkaMessage(
        message.topic(),
        message.partition(),
        message.offset(),
        headers,
        value == null ? new byte[0] : value);
  }
}
