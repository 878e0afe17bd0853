package io.halfstep.intake;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.stream.javadsl.Sink;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.source.Admission;
import io.halfstep.source.ImageSpec;
import io.halfstep.source.InputPort;
import io.halfstep.source.Normalization;
import io.halfstep.source.Pairs;
import io.halfstep.source.RawSample;
import io.halfstep.source.Rejections;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchedFolderTest {
  private static final ActorTestKit AKKA = ActorTestKit.create();
  private static final InputPort X = new InputPort("x", ElementType.FLOAT, new long[] {-1, 2});

  private final Path folder;
  private final Path logFolder;
  private final List<String> told = new ArrayList<>();
  private SampleLog log;
  private WatchedFolder watched;

  WatchedFolderTest(@TempDir Path folder) throws IOException {
    this.folder = Files.createDirectory(folder.resolve("in")).toRealPath();
    this.logFolder = folder.resolve("log");
    open();
  }

  private void open() {
    log = SampleLog.open(logFolder, 1 << 24);
    watched =
        new WatchedFolder(
            folder,
            Admission.of(List.of(X), Normalization.NONE),
            ImageSpec.DEFAULT,
            log,
            new WatchedFolder.Listener() {
              @Override
              public void waits(Path folder, String why) {}

              @Override
              public void taken(Path file, long samples, Rejections rejections) {
                told.add(file.getFileName() + " " + samples + ", " + rejections.total());
              }

              @Override
              public void rejected(Path file, InvalidInputException reason) {
                told.add(reason.getMessage());
              }

              @Override
              public void failed(Path path, String why) {
                told.add(path.getFileName() + ": " + why);
              }
            });
  }

  @AfterEach
  void close() {
    watched.close();
    log.close();
  }

  @AfterAll
  static void stop() {
    AKKA.shutdownTestKit();
  }

  private void write(String name, Tensor tensor) {
    NpyFiles.write(folder.resolve(name), tensor);
  }

  private List<Integer> logged() throws Exception {
    return log.read(0, CompletableFuture.completedFuture(log.size()))
        .map(sample -> (int) sample.inputs().get("x").floats()[0])
        .runWith(Sink.seq(), AKKA.system())
        .toCompletableFuture()
        .get(60, SECONDS);
  }

  private static List<Integer> numbers(int from, int to) {
    return IntStream.range(from, to).boxed().toList();
  }

  @Test
  void filesAreTakenInTheOrderOfTheirNamesOnceEach() throws Exception {
    write("b.npy", Pairs.pairs(700, 5));
    write("a.npy", Pairs.pairs(0, 700));
    Files.writeString(folder.resolve("notes.txt"), "no samples");
    watched.look();
    assertThat(log.size()).isZero(); // the files may still be growing
    watched.look();
    assertThat(logged()).isEqualTo(numbers(0, 705));
    assertThat(told).containsExactly("a.npy 700, 0", "b.npy 5, 0");

    write("0.npy", Pairs.pairs(705, 2));
    for (int i = 0; i < 3; i++) {
      watched.look();
    }
    close();
    open();
    for (int i = 0; i < 3; i++) {
      watched.look();
    }
    assertThat(logged()).isEqualTo(numbers(0, 707));
    assertThat(told).hasSize(3);
  }

  @Test
  void linksAreNotFollowed() throws Exception {
    Path elsewhere = Files.createDirectory(folder.resolveSibling("elsewhere"));
    NpyFiles.write(elsewhere.resolve("secret.npy"), Pairs.pairs(0, 5));
    Path link = Files.createSymbolicLink(folder.resolve("a.npy"), elsewhere.resolve("secret.npy"));
    for (int i = 0; i < 3; i++) {
      watched.look();
    }
    assertThat(told).containsExactly(link + ": found a link, expected a file in the folder itself");
    assertThat(folder.resolve("a.npy.rejected")).isSymbolicLink();
    assertThat(elsewhere.resolve("secret.npy")).isRegularFile();

    Files.move(folder, folder.resolveSibling("moved"));
    Files.createSymbolicLink(folder, elsewhere);
    watched.look();
    watched.look();
    assertThat(told).last().isEqualTo("in: found a link on its path, expected none");
    assertThat(log.size()).isZero();
  }

  @Test
  void aFileThatGrowsIsWaitedFor() throws Exception {
    byte[] whole = NpyFiles.bytes(Pairs.pairs(0, 5));
    for (int bytes = whole.length - 3; bytes <= whole.length; bytes++) {
      Files.write(folder.resolve("a.npy"), Arrays.copyOf(whole, bytes));
      watched.look();
      assertThat(told).isEmpty();
    }
    watched.look();
    assertThat(logged()).isEqualTo(numbers(0, 5));
  }

  @Test
  void whatCantBeReadIsSetAsideAndTheOthersGoOn() throws Exception {
    Files.writeString(folder.resolve("a.npy"), "not an array");
    write("b.npy", Tensor.zeros(ElementType.FLOAT, 4, 3));
    Tensor withNan = Pairs.pairs(0, 4);
    withNan.floats()[2] = Float.NaN;
    write("c.npy", withNan);
    watched.look();
    watched.look();
    assertThat(told).hasSize(3);
    assertThat(told.get(0)).startsWith(folder.resolve("a.npy") + ": ");
    assertThat(told.get(1)).isEqualTo("b.npy 0, 4");
    assertThat(told.get(2)).isEqualTo("c.npy 3, 1");
    assertThat(logged()).containsExactly(0, 2, 3);
    assertThat(folder.resolve("a.npy.rejected")).exists();

    write("a.npy", Pairs.pairs(4, 1)); // a valid one
    watched.look();
    watched.look();
    assertThat(logged()).containsExactly(0, 2, 3, 4);
  }

  @Test
  void aFileThatWasCutShortByACrashIsCompleted() throws Exception {
    write("a.npy", Pairs.pairs(0, 700));
    // only the first chunk was stored
    List<RawSample> first =
        IntStream.range(0, 256)
            .mapToObj(i -> new RawSample(Map.of("x", Pairs.pairs(i, 1))))
            .toList();
    log.append(first, Origin.offset("folder/a.npy", 0)).toCompletableFuture().get(60, SECONDS);
    watched.look();
    watched.look();
    assertThat(logged()).isEqualTo(numbers(0, 700));
  }

  @Test
  void aFullDiskIsWaitedFor() throws Exception {
    write("a.npy", Pairs.pairs(0, 3));
    log.reserve(Long.MAX_VALUE);
    for (int i = 0; i < 3; i++) {
      watched.look();
    }
    assertThat(log.size()).isZero();
    assertThat(folder.resolve("a.npy")).exists();
    log.reserve(0);
    watched.look();
    watched.look();
    assertThat(logged()).containsExactly(0, 1, 2);
  }

  @Test
  void itLooksByItself() throws Exception {
    CountDownLatch taken = new CountDownLatch(1);
    WatchedFolder.Listener listener =
        new WatchedFolder.Listener() {
          @Override
          public void waits(Path folder, String why) {}

          @Override
          public void taken(Path file, long samples, Rejections rejections) {
            taken.countDown();
          }

          @Override
          public void rejected(Path file, InvalidInputException reason) {
            throw new AssertionError(reason);
          }

          @Override
          public void failed(Path path, String why) {
            throw new AssertionError(path + ": " + why);
          }
        };
    WatchedFolder running =
        WatchedFolder.start(
            folder,
            Admission.of(List.of(X), Normalization.NONE),
            ImageSpec.DEFAULT,
            log,
            listener,
            Duration.ofMillis(20),
            AKKA.system());
    try {
      write("a.npy", Pairs.pairs(0, 3));
      assertThat(taken.await(60, SECONDS)).isTrue();
    } finally {
      running.close();
    }
    assertThat(logged()).containsExactly(0, 1, 2);
  }
}
