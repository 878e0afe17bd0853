package io.halfstep.report;

import io.halfstep.allocation.Allocation;
import io.halfstep.export.ExportSummary;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The facts of the report other than the network itself.
 *
 * @param model the float model's file
 * @param floatBytes its size, external data included
 * @param out the quantized model's file
 * @param written the summary of the export
 * @param seconds wall-clock seconds of the whole run
 * @param settings the settings by option, in the order in which they are shown
 * @param allocation how the layers' bits were chosen; null if there was no budget
 * @param notes about the samples, one line each
 */
public record ReportFacts(
    String model,
    long floatBytes,
    String out,
    ExportSummary written,
    double seconds,
    Map<String, String> settings,
    @Nullable Allocation allocation,
    List<String> notes) {}
