package io.halfstep.report;

import io.halfstep.export.ExportSummary;
import java.util.Map;

/**
 * What the report says besides the network itself.
 *
 * @param model the float model's file
 * @param floatBytes its size, external data included
 * @param out the quantized model's file
 * @param written what was written into it
 * @param seconds wall-clock seconds of the whole run
 * @param settings what was asked for, by option, in the order to be shown
 */
public record ReportFacts(
    String model,
    long floatBytes,
    String out,
    ExportSummary written,
    double seconds,
    Map<String, String> settings) {}
