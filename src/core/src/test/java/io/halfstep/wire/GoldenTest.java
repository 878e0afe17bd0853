package io.halfstep.wire;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorRefResolver;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.StageActor;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/**
 * What was ever written is read for ever. The file {@code forms-N.txt} holds the examples of every
 * form as its version N was written: a line is a class's name and, in hexadecimal, the bytes. Lines
 * are appended, never changed; a form whose lines would change needs a new version.
 */
class GoldenTest {
  private static final ActorTestKit KIT = RemoteKit.start("golden");
  private static final ActorRefResolver RESOLVER = ActorRefResolver.get(KIT.system());

  /** An address that stays the same. */
  private static final ActorRef<StageActor.Command> ACTOR =
      RESOLVER.resolveActorRef("akka://halfstep@127.0.0.1:25520/user/run/3-conv#1234567");

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  private static byte[] write(Object example) {
    return WireWriter.inMemory(RESOLVER).object(example).bytes();
  }

  private static Object read(byte[] bytes) {
    return new WireReader(bytes, RESOLVER).object(Object.class);
  }

  private static String line(Object example) {
    return example.getClass().getSimpleName() + " " + HexFormat.of().formatHex(write(example));
  }

  private static Form<?> form(Object example) {
    return Forms.ALL.stream()
        .filter(f -> f.type().equals(example.getClass()))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> golden(int version) throws Exception {
    try (InputStream file = GoldenTest.class.getResourceAsStream("forms-" + version + ".txt")) {
      return file == null
          ? List.of()
          : new String(file.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  @Test
  void everyFormHasAnExample() {
    Set<Class<?>> examples =
        Examples.all(ACTOR).stream().map(Object::getClass).collect(Collectors.toSet());
    assertThat(Forms.ALL)
        .allSatisfy(form -> assertThat(examples).as("Examples").contains(form.type()));
  }

  @Test
  void whatIsWrittenNowIsGolden() throws Exception {
    for (Object example : Examples.all(ACTOR)) {
      int version = form(example).version();
      assertThat(golden(version)).as("forms-%d.txt", version).contains(line(example));
    }
  }

  /** Each class's examples are in the same order in every file. */
  @Test
  void everyVersionIsRead() throws Exception {
    int newest = Forms.ALL.stream().mapToInt(Form::version).max().orElseThrow();
    for (int version = 1; version <= newest; version++) {
      Map<String, List<Object>> left = new LinkedHashMap<>();
      for (Object example : Examples.all(ACTOR)) {
        left.computeIfAbsent(example.getClass().getSimpleName(), n -> new ArrayList<>())
            .add(example);
      }
      List<String> lines = golden(version);
      assertThat(lines).isNotEmpty();
      for (String line : lines) {
        String[] parts = line.split(" ", -1);
        Object expected = left.get(parts[0]).remove(0);
        assertThat(read(HexFormat.of().parseHex(parts[1])))
            .as(line)
            .usingRecursiveComparison()
            .isEqualTo(expected);
      }
    }
  }

  /** A new message without a form, or without an example, fails here. */
  @Test
  void everyPermittedMessageSurvives() {
    Map<Class<?>, List<Object>> examples =
        Examples.all(ACTOR).stream().collect(Collectors.groupingBy(Object::getClass));
    List<Class<?>> messages =
        Stream.of(StageActor.Wire.class, Item.class).flatMap(GoldenTest::leaves).toList();
    assertThat(messages).hasSizeGreaterThan(15);
    for (Class<?> message : messages) {
      assertThat(examples).as("Examples").containsKey(message);
      for (Object example : examples.get(message)) {
        assertThat(read(write(example))).usingRecursiveComparison().isEqualTo(example);
      }
    }
  }

  private static Stream<Class<?>> leaves(Class<?> type) {
    return type.isSealed()
        ? Stream.of(type.getPermittedSubclasses()).flatMap(GoldenTest::leaves)
        : Stream.of(type);
  }
}
