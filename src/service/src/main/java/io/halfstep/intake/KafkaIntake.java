package io.halfstep.intake;

import akka.Done;
import akka.NotUsed;
import akka.actor.ClassicActorSystemProvider;
import akka.japi.Pair;
import akka.kafka.ConsumerSettings;
import akka.kafka.Subscriptions;
import akka.kafka.javadsl.Consumer;
import akka.stream.KillSwitches;
import akka.stream.RestartSettings;
import akka.stream.UniqueKillSwitch;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.RestartSource;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.source.RawSample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Appends a topic's messages to a log. The log also stores the position: a partition's next offset
 * is in the same write as the samples of the messages before it. Kafka's own offsets and consumer
 * groups are not used. So each message is stored once, also after a crash.
 */
public final class KafkaIntake {
  /*
   * Messages of a partition are appended batch after batch: an offset must not be stored
   * while an earlier one may still fail. While one batch is written, the next one grows: the faster
   * messages come, the fewer writes there are. The size of a batch is bounded; beyond it, nothing
   * more is fetched.
   */
  private static final String BLOCKING = "akka.actor.default-blocking-io-dispatcher";
  private static final long BATCH_BYTES = 1 << 20;
  private static final Duration LOOK_UP = Duration.ofSeconds(10);
  private static final RestartSettings RESTARTS =
      RestartSettings.create(Duration.ofMillis(200), Duration.ofSeconds(30), 0.2);

  private final KafkaTopic topic;
  private final Appender log;
  private final Decoder decoder;
  private final Listener listener;
  private final ConsumerSettings<byte[], byte[]> settings;
  private final Executor blocking;

  /** Converts messages to samples. */
  @FunctionalInterface
  public interface Decoder {
    /**
     * Returns the samples of a message; none if it is to be left out.
     *
     * @throws InvalidInputException if it is invalid; it is then counted and skipped
     */
    List<RawSample> decode(KafkaMessage message);
  }

  /** Receives failures. */
  public interface Listener {
    /** A message is invalid. */
    void rejected(KafkaMessage message, InvalidInputException reason);

    /** The broker or the log has failed. The intake restarts by itself. */
    void failed(String why);
  }

  private KafkaIntake(
      KafkaTopic topic,
      Appender log,
      Decoder decoder,
      Listener listener,
      ClassicActorSystemProvider system) {
    this.topic = topic;
    this.log = log;
    this.decoder = decoder;
    this.listener = listener;
    this.blocking = system.classicSystem().dispatchers().lookup(BLOCKING);
    this.settings =
        ConsumerSettings.create(system, new ByteArrayDeserializer(), new ByteArrayDeserializer())
            .withBootstrapServers(topic.servers())
            // If the topic no longer has an offset, reading starts at its beginning.
            .withProperty(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest")
            .withProperty(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false")
            .withProperties(topic.client());
  }

  /** A running intake. */
  public record Running(UniqueKillSwitch killSwitch, CompletionStage<Done> done) {

    /** Stops the intake; completes when nothing more is appended. */
    public CompletionStage<Done> stop() {
      killSwitch.shutdown();
      return done;
    }
  }

  /**
   * Starts to consume all partitions that the topic has. Runs until it is stopped: after a failure
   * of the broker or the log, it restarts at the log's position after 0.2 to 30 seconds.
   */
  public static Running start(
      KafkaTopic topic,
      Appender log,
      Decoder decoder,
      Listener listener,
      ClassicActorSystemProvider system) {
    KafkaIntake intake = new KafkaIntake(topic, log, decoder, listener, system);
    Pair<UniqueKillSwitch, CompletionStage<Done>> running =
        RestartSource.withBackoff(RESTARTS, intake::appends)
            .viaMat(KillSwitches.single(), Keep.right())
            .toMat(Sink.ignore(), Keep.both())
            .run(system);
    return new Running(running.first(), running.second());
  }

  private Source<Done, NotUsed> appends() {
    return Source.completionStageSource(
            CompletableFuture.supplyAsync(this::beginnings, blocking).thenApply(this::messages))
        .batchWeighted(
            BATCH_BYTES,
            message -> Math.max(0L, message.serializedValueSize()),
            message -> add(new ArrayList<>(), message),
            KafkaIntake::add)
        .mapAsync(1, this::append)
        .mapError(
            Throwable.class,
            e -> {
              listener.failed(said(e));
              return e;
            })
        .mapMaterializedValue(ignored -> NotUsed.getInstance());
  }

  private Source<ConsumerRecord<byte[], byte[]>, Consumer.Control> messages(
      Map<TopicPartition, Long> beginnings) {
    return Consumer.plainSource(settings, Subscriptions.assignmentWithOffset(beginnings));
  }

  private static String said(Throwable e) {
    return String.valueOf(e.getCause() == null ? e : e.getCause());
  }

  private static List<ConsumerRecord<byte[], byte[]>> add(
      List<ConsumerRecord<byte[], byte[]>> batch, ConsumerRecord<byte[], byte[]> message) {
    batch.add(message);
    return batch;
  }

  /** Returns the first offset to read in each partition. */
  private Map<TopicPartition, Long> beginnings() {
    Map<String, Object> properties = new HashMap<>(settings.getProperties());
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<PartitionInfo> partitions = consumer.partitionsFor(topic.name(), LOOK_UP);
      if (partitions == null || partitions.isEmpty()) {
        throw new InvalidInputException(
            "topic '%s': not found at %s".formatted(topic.name(), topic.servers()));
      }
      List<TopicPartition> all =
          partitions.stream().map(p -> new TopicPartition(p.topic(), p.partition())).toList();
      Map<TopicPartition, Long> open =
          topic.start() == KafkaTopic.Start.EARLIEST
              ? consumer.beginningOffsets(all, LOOK_UP)
              : consumer.endOffsets(all, LOOK_UP);
      Map<TopicPartition, Long> beginnings = new LinkedHashMap<>();
      open.forEach(
          (partition, offset) ->
              beginnings.put(
                  partition,
                  log.position(producer(partition.topic(), partition.partition())).orElse(offset)));
      return beginnings;
    }
  }

  private static String producer(String topic, int partition) {
    return "kafka/%s/%d".formatted(topic, partition);
  }

  private CompletionStage<Done> append(List<ConsumerRecord<byte[], byte[]>> batch) {
    Map<String, List<ConsumerRecord<byte[], byte[]>>> byPartition = new LinkedHashMap<>();
    for (ConsumerRecord<byte[], byte[]> message : batch) {
      String producer = producer(message.topic(), message.partition());
      byPartition.computeIfAbsent(producer, p -> new ArrayList<>()).add(message);
    }
    List<CompletableFuture<?>> appends = new ArrayList<>();
    byPartition.forEach(
        (producer, messages) -> appends.add(append(producer, messages).toCompletableFuture()));
    return CompletableFuture.allOf(appends.toArray(CompletableFuture<?>[]::new))
        .thenApply(ignored -> Done.getInstance());
  }

  private CompletionStage<Appended> append(
      String producer, List<ConsumerRecord<byte[], byte[]>> messages) {
    List<RawSample> samples =
        messages.stream().flatMap(message -> decode(message).stream()).toList();
    return log.append(samples, Origin.offset(producer, messages.get(messages.size() - 1).offset()));
  }

  private List<RawSample> decode(ConsumerRecord<byte[], byte[]> record) {
    KafkaMessage message = KafkaMessage.of(record);
    try {
      return decoder.decode(message);
    } catch (InvalidInputException e) {
      listener.rejected(message, e);
      return List.of();
    }
  }
}
