package io.halfstep.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;

/** A real broker with its controller in this process. */
public final class KafkaBroker implements AutoCloseable {
  private final Properties properties;
  private final String address;
  private KafkaRaftServer server;

  private KafkaBroker(Properties properties, String address) {
    this.properties = properties;
    this.address = address;
    this.server = started();
  }

  public static KafkaBroker start(Path folder) throws IOException {
    String address = "127.0.0.1:" + freePort();
    String controller = "127.0.0.1:" + freePort();
    Properties properties = new Properties();
    properties.setProperty("process.roles", "broker,controller");
    properties.setProperty("node.id", "1");
    properties.setProperty("controller.quorum.voters", "1@" + controller);
    properties.setProperty("listeners", "PLAINTEXT://" + address + ",CONTROLLER://" + controller);
    properties.setProperty("controller.listener.names", "CONTROLLER");
    properties.setProperty(
        "listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    properties.setProperty("log.dirs", folder.resolve("kafka").toString());
    properties.setProperty("offsets.topic.replication.factor", "1");
    properties.setProperty("num.network.threads", "1");
    properties.setProperty("num.io.threads", "2");
    properties.setProperty("log.cleaner.enable", "false");
    Path file = folder.resolve("kafka.properties");
    try (OutputStream to = Files.newOutputStream(file)) {
      properties.store(to, null);
    }
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    String[] format = {"format", "-t", Uuid.randomUuid().toString(), "-c", file.toString()};
    if (StorageTool.execute(format, new PrintStream(said, true, UTF_8)) != 0) {
      throw new IOException(said.toString(UTF_8));
    }
    return new KafkaBroker(properties, address);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** {@code host:port}. */
  public String address() {
    return address;
  }

  private KafkaRaftServer started() {
    KafkaRaftServer made = new KafkaRaftServer(KafkaConfig.fromProps(properties), Time.SYSTEM);
    made.startup();
    return made;
  }

  void restart() {
    close();
    server = started();
  }

  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }
}
