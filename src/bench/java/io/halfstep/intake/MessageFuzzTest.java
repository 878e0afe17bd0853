package io.halfstep.intake;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.halfstep.fuzz.Untrusted;
import io.halfstep.http.WireRequests;
import io.halfstep.source.Admission;
import io.halfstep.source.InputPort;
import io.halfstep.source.Normalization;
import io.halfstep.source.RawSample;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Messages of Kafka: headers, compression, the binary extension; and samples as they are stored.
 */
class MessageFuzzTest {
  private static final InputPort PORT = new InputPort("x", ElementType.FLOAT, new long[] {-1, 2});
  private static final Admission ADMISSION = Admission.of(List.of(PORT), Normalization.NONE);
  private static final WireRequests DECODER = new WireRequests(1 << 20);
  private static final String JSON =
      "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,2],\"datatype\":\"FP32\",%s}]}";
  private static final byte[] TEXT = JSON.formatted("\"data\":[1.5,-2]").getBytes(UTF_8);

  /** Headers as in HTTP, an empty line, the body. */
  static Stream<byte[]> messages() throws IOException {
    String binary = JSON.formatted("\"parameters\":{\"binary_data_size\":8}");
    String length = "Inference-Header-Content-Length: ";
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(gzip)) {
      out.write(TEXT);
    }
    ByteArrayOutputStream deflate = new ByteArrayOutputStream();
    try (OutputStream out = new DeflaterOutputStream(deflate)) {
      out.write(TEXT);
    }
    return Stream.of(
        message("", TEXT),
        message(length + binary.length() + "\n", (binary + "\0\0\0\0\0\0\0\0").getBytes(UTF_8)),
        message(length + "0\n", new byte[16]),
        message("Content-Encoding: gzip\n", gzip.toByteArray()),
        message("content-encoding: deflate\n", deflate.toByteArray()));
  }

  private static byte[] message(String headers, byte[] body) {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    message.writeBytes((headers + "\n").getBytes(ISO_8859_1));
    message.writeBytes(body);
    return message.toByteArray();
  }

  @MethodSource("messages")
  @FuzzTest
  void kafka(byte[] input) {
    Untrusted.check(
        input,
        () -> {
          KafkaMessage message = KafkaMessage.of(record(new String(input, ISO_8859_1)));
          DECODER.decode(message.value(), message.headers(), ADMISSION);
        });
  }

  private static ConsumerRecord<byte[], byte[]> record(String message) {
    int end = message.startsWith("\n") ? 0 : message.indexOf("\n\n") + 1;
    byte[] body = message.substring(end).getBytes(ISO_8859_1);
    byte[] value = Arrays.copyOfRange(body, Math.min(1, body.length), body.length);
    ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>("t", 0, 0, null, value);
    message
        .substring(0, end)
        .lines()
        .map(line -> line.split(": ?", 2))
        .filter(header -> header.length == 2)
        .forEach(header -> record.headers().add(header[0], header[1].getBytes(ISO_8859_1)));
    return record;
  }

  static Stream<byte[]> records() {
    Tensor x = Tensor.of(new float[] {1.5f, -2}, 1, 2);
    Tensor y = Tensor.of(ElementType.INT64, new long[] {7}, 1);
    return Stream.of(Map.of("x", x), Map.of("x", x, "y", y), Map.<String, Tensor>of())
        .map(inputs -> SampleRecord.encode(new RawSample(inputs)));
  }

  @MethodSource("records")
  @FuzzTest
  void record(byte[] input) {
    Untrusted.check(input, () -> SampleRecord.decode(input), IllegalStateException.class);
  }
}
