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
 * Publishes a version atomically: its files are written to a temporary folder and forced to disk
 * before the folder is renamed.
 */
public final class Publication {
  public static final String MODEL = "model.onnx";
  static final String ENCODINGS = "encodings.json";
  static final String REPORT = "report.html";
  public static final String SUMMARY = "summary.json";
  public static final String INPUTS = "inputs.json";

  private Publication() {}

  /**
   * Writes a version, unless it exists already: after a kill between the publication and the
   * journal's event, its files are the same, byte for byte.
   *
   * @param allocation how the layers' bits were chosen; null if there was no budget
   * @param notes about the samples, one line each
   * @return the size of the model
   */
  public static long write(
      JobFolder job,
      JobSpec spec,
      int version,
      QuantizedNetwork network,
      @Nullable Allocation allocation,
      List<String> notes) {
    Path target = job.version(version);
    try {
      if (!Files.exists(target)) {
        Path partial = target.resolveSibling("." + version + ".partial");
        try {
          StateDirectory.delete(partial);
          OwnerOnly.createFolders(partial);
          write(partial, job, spec, network, allocation, notes);
          OwnerOnly.restrict(partial);
          Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
          StateDirectory.delete(partial); // frees the space if the disk is full
        }
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
      List<String> notes)
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
    InputHistograms.of(network).write(folder.resolve(INPUTS));
    AtomicFile.write(
        folder.resolve(SUMMARY),
        new ObjectMapper().writeValueAsBytes(Summary.of(network, written.bytes(), notes)));
  }
}
