package io.halfstep.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.stream.javadsl.Sink;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.source.RawSample;
import io.halfstep.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each message is logged exactly once, in spite of kills, also if the log is trimmed. */
class KafkaIntakeIT {
  private static final String TOPIC = "samples";
  private static final int PARTITIONS = 3;
  private static final int MESSAGES = 6000;

  private final ActorTestKit akka = ActorTestKit.create();
  private final Queue<String> rejected = new ConcurrentLinkedQueue<>();

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyMessageIsStoredOnce(boolean trims, @TempDir Path folder) throws Exception {
    Path logFolder = folder.resolve("log");
    try (KafkaBroker broker = KafkaBroker.start(folder)) {
      createTopic(broker);
      produce(broker, 0, MESSAGES);
      killHalfWay(broker, folder, logFolder, trims);
      try (SampleLog log = SampleLog.open(logFolder, 1 << 20)) {
        long survived = log.size();
        assertThat(survived).isBetween(1L, (long) MESSAGES);
        KafkaIntake.Running intake =
            KafkaIntake.start(
                topic(broker.address()),
                log,
                KafkaIntakeIT::decode,
                listener(rejected),
                akka.system());
        assertThat(log.first() > 0).isEqualTo(trims);
        await(log, MESSAGES);
        if (trims) {
          log.trim(MESSAGES - 100);
        }
        broker.restart();
        produce(broker, MESSAGES, MESSAGES + 300);
        await(log, MESSAGES + 300);
        intake.stop().toCompletableFuture().get(60, SECONDS);
        check(log);
      }
    } finally {
      akka.shutdownTestKit();
    }
    assertThat(rejected).containsOnly("not a number: poison");
  }

  private static KafkaIntake.Listener listener(Collection<String> rejected) {
    return new KafkaIntake.Listener() {
      @Override
      public void rejected(KafkaMessage message, InvalidInputException reason) {
        rejected.add(reason.getMessage());
      }

      @Override
      public void failed(String why) {}
    };
  }

  private static KafkaTopic topic(String address) {
    return new KafkaTopic(address, TOPIC, KafkaTopic.Start.EARLIEST, Map.of());
  }

  private static void createTopic(KafkaBroker broker) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.address()))) {
      admin
          .createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1)))
          .all()
          .get(20, SECONDS);
    }
  }

  /** Sends numbers from {@code from} on to the partitions in turn, with some invalid messages. */
  private static void produce(KafkaBroker broker, int from, int to) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("bootstrap.servers", broker.address());
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (int i = from; i < to; i++) {
        int partition = i % PARTITIONS;
        if (i % 100 == 0) {
          byte[] poison = "poison".getBytes(UTF_8);
          sent.add(producer.send(new ProducerRecord<>(TOPIC, partition, null, poison)));
        }
        byte[] value = Integer.toString(i).getBytes(UTF_8);
        sent.add(producer.send(new ProducerRecord<>(TOPIC, partition, null, value)));
      }
      producer.flush();
      for (Future<RecordMetadata> one : sent) {
        one.get(20, SECONDS);
      }
    }
  }

  static List<RawSample> decode(KafkaMessage message) {
    String value = new String(message.value(), UTF_8);
    try {
      return List.of(
          new RawSample(Map.of("x", Tensor.of(new float[] {Integer.parseInt(value)}, 1, 1))));
    } catch (NumberFormatException e) {
      throw new InvalidInputException("not a number: " + value, e);
    }
  }

  private static void killHalfWay(KafkaBroker broker, Path folder, Path log, boolean trims)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + folder,
                "-cp",
                System.getProperty("java.class.path"),
                Taker.class.getName(),
                broker.address(),
                log.toString(),
                Boolean.toString(trims))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader said =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      assertThat(said.lines().anyMatch("half-way"::equals)).isTrue();
      process.toHandle().destroyForcibly();
    }
    assertThat(process.waitFor()).isEqualTo(128 + 9);
  }

  /** Takes messages and is killed half-way. */
  static final class Taker {
    public static void main(String[] args) {
      SampleLog log = SampleLog.open(Path.of(args[1]), 1 << 20);
      boolean trims = Boolean.parseBoolean(args[2]);
      KafkaIntake.start(
          topic(args[0]),
          log,
          message -> {
            List<RawSample> samples = decode(message);
            if (trims) {
              log.trim(log.size());
            }
            if (log.size() > MESSAGES / 10) {
              System.out.println("half-way");
            }
            return samples;
          },
          listener(new ConcurrentLinkedQueue<>()),
          ActorTestKit.create().system());
    }
  }

  private static void await(SampleLog log, long size) throws InterruptedException {
    for (int i = 0; i < 300 && log.size() < size; i++) {
      Thread.sleep(100);
    }
    assertThat(log.size()).isEqualTo(size);
  }

  /** Checks that each partition's numbers are in order up to the last, and so each occurs once. */
  private void check(SampleLog log) throws Exception {
    int[] next = new int[PARTITIONS];
    Arrays.setAll(next, partition -> log.first() == 0 ? partition : -1);
    log.read(log.first(), CompletableFuture.completedFuture(log.size()))
        .runWith(
            Sink.foreach(
                sample -> {
                  int number = (int) sample.inputs().get("x").floats()[0];
                  int partition = number % PARTITIONS;
                  assertThat(number).isEqualTo(next[partition] < 0 ? number : next[partition]);
                  next[partition] = number + PARTITIONS;
                }),
            akka.system())
        .toCompletableFuture()
        .get(20, SECONDS);
    assertThat(next).containsExactly(MESSAGES + 300, MESSAGES + 301, MESSAGES + 302);
  }
}
