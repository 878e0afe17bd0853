package io.halfstep.service.version;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.allocation.Allocation;
import io.halfstep.export.EncodingsFile;
import io.halfstep.export.ExportSummary;
import io.halfstep.export.QdqExport;
import io.halfstep.file.AtomicFile;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.report.HtmlReport;
import io.halfstep.report.ReportFacts;
import io.halfstep.service.journal.JobSpec;
import io.halfstep.service.state.JobFolder;
import io.halfstep.service.state.OwnerOnly;
import io.halfstep.service.state.StateDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Publishes a version atomically: its files are written to a temporary folder and forced to disk;
 * then the folder is renamed.
 */
public final class Publication {
  public static final String MODEL = "model.onnx";
  static final String ENCODINGS = "encodings.json";
  static final String REPORT = "report.html";
  public static final String SUMMARY = "summary.json";

  private Publication() {}

  /** Returns whether a version's files are in place, as after a kill before the journal's event. */
  public static boolean isDone(JobFolder job, int version) {
    return Files.exists(job.version(version));
  }

  /**
   * Writes the files of a version that is not published yet.
   *
   * @param allocation how the layers' bits were chosen; null if there was no budget
   * @param notes about the samples, one line each
   * @param provenance what it was made from
   * @return the path of its model
   */
  public static Path stage(
      JobFolder job,
      JobSpec spec,
      int version,
      QuantizedNetwork network,
      @Nullable Allocation allocation,
      List<String> notes,
      Provenance provenance) {
    Path staged = staged(job, version);
    try {
      StateDirectory.delete(staged);
      OwnerOnly.createFolders(staged);
      write(staged, job, spec, network, allocation, notes, provenance);
      OwnerOnly.restrict(staged);
      return staged.resolve(MODEL);
    } catch (IOException e) {
      discard(job, version); // frees the space if the disk is full
      throw new UncheckedIOException(e);
    }
  }

  private static Path staged(JobFolder job, int version) {
    return job.version(version).resolveSibling("." + version + ".partial");
  }

  /** Removes the files of a version that is not to be published. */
  public static void discard(JobFolder job, int version) {
    try {
      StateDirectory.delete(staged(job, version));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Publishes the files of a version, unless that is done.
   *
   * @return the size of the model
   */
  public static long publish(JobFolder job, int version) {
    Path target = job.version(version);
    try {
      if (!isDone(job, version)) {
        Files.move(staged(job, version), target, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel folder = FileChannel.open(target.getParent(), StandardOpenOption.READ)) {
          folder.force(true);
        }
      }
      return Files.size(target.resolve(MODEL));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(
      Path folder,
      JobFolder job,
      JobSpec spec,
      QuantizedNetwork network,
      @Nullable Allocation allocation,
      List<String> notes,
      Provenance provenance)
      throws IOException {
    ExportSummary written = QdqExport.write(network, folder.resolve(MODEL));
    EncodingsFile.write(network, folder.resolve(ENCODINGS));
    Path floatModel = job.root().resolve(spec.modelFile());
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("job", spec.id());
    settings.put("plan", Files.readString(job.plan()));
    HtmlReport.write(
        network,
        new ReportFacts(
            spec.model(),
            Files.size(floatModel),
            MODEL,
            written,
            (System.currentTimeMillis() - spec.submittedAt()) / 1e3,
            settings,
            allocation,
            notes),
        folder.resolve(REPORT));
    AtomicFile.write(
        folder.resolve(SUMMARY),
        new ObjectMapper()
            .writeValueAsBytes(Summary.of(network, written.bytes(), notes, provenance)));
  }
}
