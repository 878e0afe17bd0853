package io.halfstep.report;

import static io.halfstep.report.ReportMarkup.escape;
import static io.halfstep.text.Figures.number;

import io.halfstep.network.LearnedBlock;
import io.halfstep.network.QuantizedNetwork;
import java.util.stream.Collectors;

/** What blocks have learned by gradient, as a table. */
final class ReportBlocks {
  private final QuantizedNetwork network;

  ReportBlocks(QuantizedNetwork network) {
    this.network = network;
  }

  String text() {
    return """
        <p>The SQNR of each block's output before and after learning, on the samples that it learned from. %s</p>
        <div class="scroll" tabindex="0" role="region" aria-label="Table of blocks">
        <table><thead><tr><th scope="col">Block</th><th scope="col" class="n">Layers learned</th>\
        <th scope="col" class="n">Before</th><th scope="col" class="n">After</th></tr></thead><tbody>
        %s</tbody></table></div>
        """
        .formatted(
            escape(network.learnedResult()),
            network.learned().stream().map(ReportBlocks::row).collect(Collectors.joining()));
  }

  private static String row(LearnedBlock block) {
    return """
        <tr><th scope="row">%s</th><td class="n">%d</td><td class="n">%s dB</td><td class="n">%s dB</td></tr>
        """
        .formatted(
            escape(block.label()),
            block.layers().size(),
            number(block.sqnrDbBefore(), 1),
            number(block.sqnrDbAfter(), 1));
  }
}
