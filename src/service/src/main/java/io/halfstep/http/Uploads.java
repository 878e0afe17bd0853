package io.halfstep.http;

import akka.NotUsed;
import akka.actor.typed.DispatcherSelector;
import akka.http.javadsl.model.Multipart;
import akka.http.scaladsl.model.EntityStreamSizeException;
import akka.http.scaladsl.model.ExceptionWithErrorInfo;
import akka.stream.StreamLimitReachedException;
import akka.stream.javadsl.FileIO;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.failure.TooLargeException;
import io.halfstep.http.body.Bodies;
import io.halfstep.plan.PlanFile;
import io.halfstep.service.Service;
import io.halfstep.service.Submission;
import io.halfstep.service.samples.LiveSources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Receives submissions: {@code multipart/form-data} with a file {@code model} (or a parameter
 * {@code path}), files {@code data} that the model refers to, and {@code plan} in HOCON.
 */
final class Uploads {
  private static final Set<String> PARAMETERS =
      Stream.concat(
              Stream.of("name", "path", "samples", "sampling", "versions", "half-life", "every"),
              LiveSources.keys().stream())
          .collect(Collectors.toSet());

  private final Service service;
  private final Executor io;

  Uploads(Service service) {
    this.service = service;
    this.io = service.system().dispatchers().lookup(DispatcherSelector.blocking());
  }

  /** The parts of a submission received so far. */
  private static final class Draft {
    final Path staged;
    volatile CompletionStage<?> storing = CompletableFuture.completedStage(null);
    @Nullable String model;

    Draft(Path staged) {
      this.staged = staged;
    }
  }

  /** Stores the parts; removes them again if the submission fails. */
  CompletionStage<Submission> receive(Multipart.FormData form, Map<String, String> parameters) {
    return CompletableFuture.supplyAsync(() -> new Draft(service.stage()), io)
        .thenCompose(draft -> receive(form, parameters, draft));
  }

  private CompletionStage<Submission> receive(
      Multipart.FormData form, Map<String, String> parameters, Draft draft) {
    CompletionStage<Submission> received =
        form.getParts()
            .mapMaterializedValue(ignored -> NotUsed.getInstance())
            .mapError(RuntimeException.class, Uploads::malformed)
            .mapAsync(1, part -> storing(part, draft))
            .toMat(Sink.ignore(), Keep.right())
            .withAttributes(Bodies.SILENT)
            .run(service.system())
            .thenApplyAsync(done -> submission(draft, parameters), io);
    return received
        .handle((submission, failure) -> failure == null)
        .thenCompose(valid -> valid ? received : removed(draft).thenCompose(done -> received));
  }

  /** Removes a draft, once the part under way is no longer written. */
  private CompletionStage<?> removed(Draft draft) {
    return draft
        .storing
        .handle((stored, failure) -> draft.staged)
        .thenAcceptAsync(service::unstage, io);
  }

  private CompletionStage<?> storing(Multipart.FormData.BodyPart part, Draft draft) {
    CompletionStage<?> stored = store(part, draft);
    draft.storing = stored;
    return stored.thenApply(done -> part.getName());
  }

  /** The parser of parts has an exception of its own, which is not public. */
  private static Throwable malformed(RuntimeException e) {
    return e instanceof ExceptionWithErrorInfo || e instanceof EntityStreamSizeException
        ? e
        : new InvalidInputException(
            "request: its body is not multipart/form-data: " + e.getMessage(), e);
  }

  private CompletionStage<?> store(Multipart.FormData.BodyPart part, Draft draft) {
    Source<ByteString, ?> bytes =
        part.getEntity().getDataBytes().mapMaterializedValue(ignored -> NotUsed.getInstance());
    switch (part.getName()) {
      case "plan" -> {
        return bytes
            .limitWeighted(PlanFile.LARGEST, chunk -> (long) chunk.size())
            .mapError(
                StreamLimitReachedException.class,
                e ->
                    new TooLargeException("plan: longer than %d bytes".formatted(PlanFile.LARGEST)))
            .runWith(FileIO.toPath(draft.staged.resolve("plan.conf")), service.system());
      }
      case "model", "data" -> {
        String name = fileName(part);
        if (part.getName().equals("model")) {
          draft.model = "model/" + name;
        }
        return CompletableFuture.supplyAsync(() -> folder(draft.staged).resolve(name), io)
            .thenCompose(file -> bytes.runWith(FileIO.toPath(file), service.system()));
      }
      default -> {
        return CompletableFuture.failedStage(
            new InvalidInputException(
                "part '%s': expected model, data or plan".formatted(part.getName())));
      }
    }
  }

  private static Path folder(Path staged) {
    try {
      return Files.createDirectories(staged.resolve("model"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String fileName(Multipart.FormData.BodyPart part) {
    String name = part.getFilename().orElse("");
    if (!name.matches("[A-Za-z0-9_][A-Za-z0-9._ -]{0,199}")) {
      throw new InvalidInputException(
          "part '%s': its file name '%s' is not one of letters, digits, dots, dashes, underscores"
              .formatted(part.getName(), name));
    }
    return name;
  }

  private Submission submission(Draft draft, Map<String, String> parameters) {
    for (String name : parameters.keySet()) {
      if (!PARAMETERS.contains(name)) {
        throw new InvalidInputException(
            "parameter '%s': expected one of %s".formatted(name, new TreeSet<>(PARAMETERS)));
      }
    }
    String path = parameters.get("path");
    if ((path == null) == (draft.model == null)) {
      throw new InvalidInputException("expected either a file 'model' or a parameter 'path'");
    }
    String file =
        path == null
            ? java.util.Objects.requireNonNull(draft.model)
            : service.settings().model(path).toString();
    writePlan(draft.staged);
    Long samples = parameters.containsKey("samples") ? number(parameters, "samples", 0) : null;
    return new Submission(
        parameters.getOrDefault("name", stem(file)),
        draft.staged,
        file,
        samples,
        share(parameters),
        sources(parameters),
        (int) number(parameters, "versions", 1),
        parameters.containsKey("half-life") ? number(parameters, "half-life", 0) : null,
        number(parameters, "every", 0));
  }

  private static Map<String, String> sources(Map<String, String> parameters) {
    return LiveSources.keys().stream()
        .filter(parameters::containsKey)
        .collect(Collectors.toMap(key -> key, parameters::get));
  }

  private static void writePlan(Path staged) {
    Path plan = staged.resolve("plan.conf");
    try {
      if (!Files.exists(plan)) {
        Files.writeString(plan, "", StandardCharsets.UTF_8);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String stem(String file) {
    String name = String.valueOf(Path.of(file).getFileName());
    int dot = name.lastIndexOf('.');
    return (dot > 0 ? name.substring(0, dot) : name).replace(' ', '_');
  }

  private static long number(Map<String, String> parameters, String name, long otherwise) {
    String text = parameters.get(name);
    if (text == null) {
      return otherwise;
    }
    if (!text.matches("[0-9]{1,9}")) {
      throw new InvalidInputException(
          "parameter %s: found '%s', expected a whole number".formatted(name, text));
    }
    return Long.parseLong(text);
  }

  private static double share(Map<String, String> parameters) {
    String text = parameters.getOrDefault("sampling", "1");
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          "parameter sampling: found '%s', expected a number in (0, 1]".formatted(text), e);
    }
  }
}
