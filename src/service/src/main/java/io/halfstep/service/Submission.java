package io.halfstep.service;

import io.halfstep.calibration.Datasets;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.plan.Budget;
import io.halfstep.service.journal.JobSpec;
import io.halfstep.service.samples.LiveSources;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.source.Admission;
import io.halfstep.source.InputPort;
import io.halfstep.source.MaskInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A submitted job, with its files in a staging folder that becomes the job's.
 *
 * @param model the name that inference requests are sent to
 * @param staged the folder, in the state directory; has {@code plan.conf}, and the model if it was
 *     uploaded
 * @param modelFile see {@link JobSpec}
 * @param samples the samples per version; null: the plan's number, or else the service's default
 * @param samplingRate in (0, 1]
 * @param sources see {@link JobSpec}
 * @param versions at least 1; 0: until cancelled
 * @param halfLife see {@link JobSpec}; null: twice the samples of a version if there is no last
 *     version, else 0
 * @param everySeconds see {@link JobSpec}
 */
public record Submission(
    String model,
    Path staged,
    String modelFile,
    @Nullable Long samples,
    double samplingRate,
    Map<String, String> sources,
    int versions,
    @Nullable Long halfLife,
    long everySeconds) {

  /**
   * @throws InvalidInputException if a name or a number is out of bounds
   */
  public Submission {
    sources = Map.copyOf(sources);
    if (!model.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
      throw new InvalidInputException(
          "name '%s': expected 1 to 64 letters, digits, dots, dashes or underscores"
              .formatted(model));
    }
    if (!(samplingRate > 0 && samplingRate <= 1)) {
      throw new InvalidInputException(
          "sampling rate: found %s, expected more than 0, at most 1".formatted(samplingRate));
    }
    if (versions < 0) {
      throw new InvalidInputException("versions: found %d, expected 0 or more".formatted(versions));
    }
  }

  /** Returns the half-life of a job with this number of samples for each version. */
  long halfLife(long ofVersion) {
    return halfLife != null ? halfLife : versions == 0 ? 2 * ofVersion : 0;
  }

  /**
   * Checks the model and the plan, so that errors are reported at submission; blocks.
   *
   * @return the samples per version
   * @throws InvalidInputException if the model or the plan is invalid
   */
  long check(ServiceSettings settings) {
    try {
      return wanted(settings);
    } catch (InvalidInputException e) {
      throw new InvalidInputException(withoutFolders(String.valueOf(e.getMessage())), e);
    }
  }

  /** Removes the folders' paths, which users do not see. */
  private String withoutFolders(String message) {
    String told = message;
    for (Path folder : List.of(staged.resolve(modelFile).resolveSibling(""), staged)) {
      told =
          told.replace(folder.toAbsolutePath().normalize() + "/", "")
              .replace(folder.normalize() + "/", "");
    }
    return told;
  }

  private long wanted(ServiceSettings settings) {
    StageGraph graph = StageGraph.of(Model.read(staged.resolve(modelFile)));
    JobPlan asked = JobPlan.read(staged.resolve("plan.conf"));
    asked.plan().requireLayers(model, graph.possibleLayers());
    requireNoFile(asked.plan().budget());
    List<InputPort> ports = Datasets.ports(graph.model());
    Admission.of(ports, Datasets.normalization(asked.normalization()));
    MaskInput.of(ports, asked.mask());
    LiveSources.check(sources, settings);
    long wanted =
        samples != null ? samples : asked.samples() != null ? asked.samples() : settings.samples();
    if (wanted < 1 || wanted > settings.largestSamples()) {
      throw new InvalidInputException(
          "samples: found %d, expected 1 to %d (jobs.largest-samples)"
              .formatted(wanted, settings.largestSamples()));
    }
    return wanted;
  }

  private static void requireNoFile(@Nullable Budget budget) {
    if (budget != null && budget.table() != null) {
      throw new InvalidInputException(
          "budget = %s: a service reads no files of its own machine; choose the bits with 'halfstep quantize --budget table=... --plan-out', and submit that plan"
              .formatted(budget));
    }
  }

  /** Forces all files to disk; blocks. */
  void force() throws IOException {
    try (var files = Files.walk(staged)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        try (var channel =
            java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
          channel.force(true);
        }
      }
    }
  }
}
