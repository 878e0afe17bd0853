package io.halfstep.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.http.InferenceRequest;
import io.halfstep.intake.KafkaBroker;
import io.halfstep.service.PostgresCluster;
import io.halfstep.source.BatchReader;
import io.halfstep.source.Dataset;
import io.halfstep.source.ImageSpec;
import io.halfstep.source.InputPort;
import io.halfstep.source.Normalization;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NamedTensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL during a run and during feeding does not change the results. The long form is {@code
 * src/bench/kill.sh}.
 */
@DisabledOnOs(OS.WINDOWS)
class KillIT {
  private static final int SAMPLES = 128;
  private static final String OFTEN = "halfstep.service.jobs.checkpoint-every = 200 ms\n";

  private static byte[] model;
  private static byte[] encodings;

  @BeforeAll
  static void uninterrupted(@TempDir Path folder) throws Exception {
    try (ServiceProcess service = ServiceProcess.start(folder, folder.resolve("state"), OFTEN)) {
      String id = service.submitResnet("undisturbed", SAMPLES);
      await(feed(service, id), service);
      service.awaitCompleted(id);
      model = service.published(id, "model");
      encodings = service.published(id, "encodings");
    }
  }

  @Test
  void theResultIsThatOfAnUninterruptedRun(@TempDir Path folder) throws Exception {
    Random random = new Random(20261121);
    try (ServiceProcess service = ServiceProcess.start(folder, folder.resolve("state"), OFTEN)) {
      String id = service.submitResnet("killed", SAMPLES);
      Process feeder = feed(service, id);
      killWhileFed(service, id, random);
      int rounded = 1 + random.nextInt(14);
      service.awaitJob(id, "rounding", job -> job.at("/progress/ratios").size() >= rounded);
      service.kill();
      service.start();
      service.awaitJob(
          id, "finishing", job -> job.at("/progress/pass").asText("finish").equals("finish"));
      Thread.sleep(random.nextInt(300));
      service.kill();
      service.start();
      assertUndisturbed(service, id, feeder);
    }
  }

  /** The database crashes as well. */
  @Test
  void alsoWithTheJournalInPostgresql(@TempDir Path folder) throws Exception {
    Random random = new Random(20261122);
    try (PostgresCluster cluster = PostgresCluster.start();
        ServiceProcess service =
            ServiceProcess.start(folder, folder.resolve("state"), OFTEN + cluster.config())) {
      String id = service.submitResnet("killed", SAMPLES);
      Process feeder = feed(service, id);
      killWhileFed(service, id, random);
      service.awaitJob(id, "rounding", job -> job.at("/progress/ratios").size() >= 2);
      cluster.down();
      Thread.sleep(1000 + random.nextInt(1000));
      assertThat(service.get("/v2/health/live").status()).isEqualTo(200);
      cluster.up();
      assertUndisturbed(service, id, feeder);
    }
  }

  /** The samples come from a topic, whose offsets are stored with them. */
  @Test
  void alsoWithSamplesFromKafka(@TempDir Path folder) throws Exception {
    try (KafkaBroker broker = KafkaBroker.start(folder)) {
      String config =
          OFTEN + "halfstep.service.kafka.bootstrap-servers = \"%s\"\n".formatted(broker.address());
      List<byte[]> messages = messages();
      produce(broker, messages.subList(0, 1)); // creates the topic
      try (ServiceProcess service = ServiceProcess.start(folder, folder.resolve("state"), config)) {
        String id = service.submitResnet("killed", SAMPLES, "&topic=samples");
        service.awaitJob(id, "fed", job -> job.at("/samples/collected").asInt() > 0);
        produce(broker, messages.subList(1, 9));
        service.kill();
        produce(broker, messages.subList(9, messages.size()));
        service.start();
        service.awaitJob(
            id,
            "fed on",
            job ->
                job.at("/samples/collected").asInt() > 9 * SAMPLES / messages.size()
                    || !job.path("versions").isEmpty());
        service.kill();
        service.start();
        service.awaitJob(
            id,
            "rounding",
            job -> job.at("/progress/ratios").size() >= 3 || !job.path("versions").isEmpty());
        service.kill();
        service.start();
        assertUndisturbed(service, id);
      }
    }
  }

  /** Returns the calibration samples as requests of eight with the binary extension. */
  private static List<byte[]> messages() {
    Dataset dataset =
        Dataset.open(
            List.of(ServiceProcess.CALIBRATION.toString()),
            List.of(new InputPort("image", ElementType.FLOAT, new long[] {-1, 1, 28, 28})),
            Normalization.NONE,
            ImageSpec.DEFAULT);
    List<byte[]> messages = new ArrayList<>();
    try (BatchReader batches = dataset.batches(8, SAMPLES)) {
      for (SampleBatch batch = batches.next(); batch != null; batch = batches.next()) {
        messages.add(
            new InferenceRequest(
                    null, Map.of(), List.of(new NamedTensor("image", batch.input("image"))))
                .toBinary()
                .body());
      }
    }
    return messages;
  }

  private static void produce(KafkaBroker broker, List<byte[]> messages) throws Exception {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", broker.address());
    int json = jsonLength(messages.get(0));
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (byte[] message : messages) {
        ProducerRecord<byte[], byte[]> sent = new ProducerRecord<>("samples", 0, null, message);
        sent.headers()
            .add(InferenceRequest.JSON_LENGTH_HEADER, Integer.toString(json).getBytes(UTF_8));
        producer.send(sent).get();
      }
    }
  }

  private static int jsonLength(byte[] message) {
    return message.length - 8 * 28 * 28 * Float.BYTES;
  }

  private static void killWhileFed(ServiceProcess service, String id, Random random)
      throws Exception {
    int collected = 1 + random.nextInt(SAMPLES);
    service.awaitJob(id, "fed", job -> job.at("/samples/collected").asInt() >= collected);
    service.kill();
    service.start();
  }

  private static void assertUndisturbed(ServiceProcess service, String id, Process feeder)
      throws Exception {
    service.awaitCompleted(id);
    await(feeder, service);
    assertUndisturbed(service, id);
  }

  private static void assertUndisturbed(ServiceProcess service, String id) throws Exception {
    JsonNode job = service.awaitCompleted(id);
    assertThat(job.path("versions")).hasSize(1);
    assertThat(job.at("/versions/0/samples").asInt()).isEqualTo(SAMPLES);
    assertThat(service.published(id, "model")).isEqualTo(model);
    assertThat(service.published(id, "encodings")).isEqualTo(encodings);
  }

  private static Process feed(ServiceProcess service, String id) throws Exception {
    return service.client("feed", "feed", id, "--data", ServiceProcess.CALIBRATION);
  }

  private static void await(Process feeder, ServiceProcess service) throws Exception {
    assertThat(feeder.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(feeder.exitValue()).as(service.output("feed")).isZero();
  }
}
