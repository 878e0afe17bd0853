package io.halfstep;

import io.halfstep.zoo.NodeTests;
import io.halfstep.zoo.SmallNetworks;
import io.halfstep.zoo.ZooNetwork;
import io.halfstep.zoo.ZooRun;
import io.halfstep.zoo.ZooSetting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Quantizes the networks of the zoo and prints a {@link ZooLine} for each network and setting:
 * {@code ZooBench SOURCES EXPORTED FOLDER NAME…}. SOURCES has the Javadoc whose sentences the
 * encoders read, EXPORTED the networks of {@code export_torchvision.py}. {@code ZooBench --list}
 * prints the names of the other networks.
 */
final class ZooBench {
  private static final List<String> ENCODERS =
      List.of("all-minilm-l6-v2", "bge-small-en-v1.5", "e5-small-v2", "bge-small-zh-v1.5");
  private static final String NODE_TEST = "node-test/";
  private static final int CALIBRATION_SENTENCES = 128;
  private static final int TEST_SENTENCES = 64;
  private static final String IMAGES = "-32";
  private static final int TEST_BATCH = 8;

  private final Path sources;
  private final Path exported;

  private ZooBench(Path sources, Path exported) {
    this.sources = sources;
    this.exported = exported;
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    if (args[0].equals("--list")) {
      names().forEach(System.out::println);
      return;
    }
    ZooBench bench = new ZooBench(Path.of(args[0]), Path.of(args[1]));
    for (String name : List.of(args).subList(3, args.length)) {
      bench.run(name, Files.createTempDirectory(Path.of(args[2]), "network"));
    }
  }

  private static Stream<String> names() {
    return Stream.of(
            ENCODERS.stream(),
            SmallNetworks.names().stream(),
            NodeTests.names().stream().map(test -> NODE_TEST + test))
        .flatMap(names -> names);
  }

  private void run(String name, Path folder) throws IOException, InterruptedException {
    ZooNetwork network = network(name, folder);
    for (ZooSetting setting : ZooSetting.values()) {
      ZooLine line;
      try {
        line = ZooLine.of(name, setting, new ZooRun(network, folder).measure(setting));
      } catch (RuntimeException e) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        line = ZooLine.failed(name, setting, message.replace(network.model() + ": ", ""));
      }
      System.out.println(line.json());
    }
  }

  private ZooNetwork network(String name, Path folder) throws IOException {
    if (name.startsWith(NODE_TEST)) {
      return NodeTests.write(name.substring(NODE_TEST.length()), folder);
    }
    if (ENCODERS.contains(name)) {
      return encoder(name, folder);
    }
    return SmallNetworks.names().contains(name)
        ? SmallNetworks.write(name, folder)
        : exported(name);
  }

  private ZooNetwork encoder(String name, Path folder) throws IOException {
    SentenceEncoder encoder = new SentenceEncoder(name);
    Path model = encoder.unpack(folder);
    List<long[]> sentences = new ArrayList<>(encoder.tokens(SentenceBench.sentences(sources)));
    Collections.shuffle(sentences, new Random(1));
    Path calibration = folder.resolve("calibration");
    Path test = folder.resolve("test");
    SentenceEncoder.write(sentences.subList(0, CALIBRATION_SENTENCES), calibration);
    SentenceEncoder.write(
        sentences.subList(CALIBRATION_SENTENCES, CALIBRATION_SENTENCES + TEST_SENTENCES), test);
    return new ZooNetwork(name, model, calibration, test, 1);
  }

  private ZooNetwork exported(String name) {
    String file = name + IMAGES;
    return new ZooNetwork(
        name,
        exported.resolve(file + ".onnx"),
        exported.resolve(file + ".npy"),
        exported.resolve(file + "-test.npy"),
        TEST_BATCH);
  }
}
