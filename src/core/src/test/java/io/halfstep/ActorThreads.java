package io.halfstep;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * Monitors the actors' threads. Every access to a file's content is recorded with its stack; other
 * forbidden calls are searched in samples of the stacks.
 */
public final class ActorThreads {
  private static final String DISPATCHER = "akka.actor.default-dispatcher";
  private static final List<String> ACCESSES =
      List.of("jdk.FileRead", "jdk.FileWrite", "jdk.FileForce");

  private static final List<String> FORBIDDEN =
      List.of(
          "ai.onnxruntime.",
          "org.bytedeco.",
          "org.nd4j.",
          "org.rocksdb.",
          "java.nio.file.Files",
          "java.io.File",
          "java.io.RandomAccessFile",
          "java.io.UnixFileSystem",
          "sun.nio.fs.UnixNativeDispatcher",
          "sun.nio.ch.FileChannelImpl",
          "com.fasterxml.jackson.databind.ObjectMapper._read");

  /**
   * Classes are read when they are first used; random numbers, the log and the journal are Akka's.
   */
  private static final List<String> ALLOWED =
      List.of(
          "java.lang.ClassLoader",
          "jdk.internal.loader.",
          "java.util.ServiceLoader",
          "sun.security.provider.",
          "ch.qos.logback.",
          "io.halfstep.service.journal.JournalSerializer");

  private final Map<String, String> found = new TreeMap<>();

  private ActorThreads() {}

  /** Checks that actors only pass messages on during an action. */
  public static void passMessagesOn(Callable<?> work) throws Exception {
    ActorThreads threads = new ActorThreads();
    AtomicBoolean done = new AtomicBoolean();
    Thread sampler = new Thread(() -> threads.sampleUntil(done), "actor-threads");
    Path file = Files.createTempFile("halfstep", ".jfr");
    try (Recording recording = new Recording()) {
      ACCESSES.forEach(event -> recording.enable(event).withoutThreshold().withStackTrace());
      recording.start();
      sampler.start();
      try {
        work.call();
      } finally {
        done.set(true);
        sampler.join();
        recording.stop();
      }
      recording.dump(file);
      threads.addAccesses(file);
    } finally {
      Files.delete(file);
    }
    assertThat(threads.found).isEmpty();
  }

  private void sampleUntil(AtomicBoolean done) {
    while (!done.get()) {
      Thread.getAllStackTraces()
          .forEach(
              (thread, stack) ->
                  add(
                      thread.getName(),
                      Arrays.stream(stack).map(f -> f.getClassName() + "." + f.getMethodName())));
    }
  }

  private void addAccesses(Path file) throws IOException {
    for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
      if (ACCESSES.contains(event.getEventType().getName()) && event.getStackTrace() != null) {
        add(
            String.valueOf(event.getThread().getJavaName()),
            Stream.concat(
                Stream.of("java.io.File: " + event.getString("path")),
                event.getStackTrace().getFrames().stream()
                    .map(f -> f.getMethod().getType().getName() + "." + f.getMethod().getName())));
      }
    }
  }

  private void add(String thread, Stream<String> stack) {
    if (!thread.contains(DISPATCHER)) {
      return;
    }
    List<String> frames = new ArrayList<>(stack.toList());
    if (frames.stream().anyMatch(f -> ALLOWED.stream().anyMatch(f::startsWith))) {
      return;
    }
    frames.stream()
        .filter(f -> FORBIDDEN.stream().anyMatch(f::startsWith))
        .findFirst()
        .ifPresent(frame -> found.putIfAbsent(frame, String.join("\n    ", frames)));
  }
}
