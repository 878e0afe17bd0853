package io.halfstep.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.allocation.Allocation;
import io.halfstep.allocation.Assignment;
import io.halfstep.allocation.Bits;
import io.halfstep.allocation.Measured;
import io.halfstep.export.ExportSummary;
import io.halfstep.export.NearestNetwork;
import io.halfstep.export.RuntimeOutput;
import io.halfstep.export.Samples;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.network.DynamicInputs;
import io.halfstep.network.LearnedBlock;
import io.halfstep.network.Padding;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Candidate;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.quantizer.Target;
import io.halfstep.statistics.ActivationStatistics;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

class HtmlReportTest {
  private static final ExportSummary WRITTEN =
      new ExportSummary(
          100_000,
          21,
          List.of(),
          List.of(new RuntimeOutput("logits", 1000, 1, 1.01, 0.01, 0)),
          List.of("in ONNX <Runtime>"));

  private static final StageGraph RESNET =
      StageGraph.of(Model.read(Path.of("src/examples/fashion-mnist/resnet14.onnx")));

  @Test
  void namesEveryLayerWithItsFigures(@TempDir Path folder) throws IOException {
    String html = report(network(28, 0.25), folder);

    assertThat(RESNET.layers()).isNotEmpty();
    for (Layer layer : RESNET.layers()) {
      assertThat(html).contains("<th scope=\"row\">" + layer.name() + "</th>");
    }
    assertThat(html).contains("0.250", "28.0 dB", "1/4.0 of the size", "1024 samples");
  }

  @Test
  void saysWhatSharesAScale(@TempDir Path folder) throws IOException {
    QuantizedNetwork network =
        NearestNetwork.of(Samples.FOLDER.resolve("resnet14.onnx"))
            .weights(Grid.signed(4), Granularity.block(16))
            .build();
    long blocked = network.layers().stream().filter(l -> l.weight().encoding().isBlocked()).count();

    String html = report(network, folder);

    assertThat(blocked).isBetween(1L, network.layers().size() - 1L);
    assertThat(html.split("<span class=\"dim\"> by 16</span>", -1)).hasSize((int) blocked + 1);
  }

  @Test
  void asksForNothingOutsideOfItself(@TempDir Path folder) throws IOException {
    String html = report(network(28, 0.25), folder);

    assertThat(html)
        .doesNotContain("<script", "<link", "<img", "@import", "url(", "src=", "href=")
        .contains("default-src 'none'");
  }

  @Test
  void picturesAreWellFormed(@TempDir Path folder) throws Exception {
    String html = report(network(28, 0.25), folder);

    List<String> pictures = pictures(html);
    // the graph, one bar for each layer, one histogram
    assertThat(pictures).hasSize(RESNET.layers().size() + 2);
    DocumentBuilder parser = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    for (String picture : pictures) {
      assertThat(parser.parse(new InputSource(new StringReader(picture))).getDocumentElement())
          .isNotNull();
    }
  }

  @Test
  void saysWhatTheRuntimeMakesOfItAndWhatIsNoted(@TempDir Path folder) throws IOException {
    assertThat(report(network(28, 0.25), folder))
        .contains(
            "SQNR of logits on 128 samples held back (25.0 dB by rounding to nearest); ONNX Runtime agrees to 50.0 dB",
            "<li>only 5 samples</li>\n<li>in ONNX &lt;Runtime&gt;");
  }

  @Test
  void escapesWhatComesFromOutside(@TempDir Path folder) throws IOException {
    QuantizedNetwork plain = network(28, 0.25);
    QuantizedNetwork hostile =
        new QuantizedNetwork(
            plain.graph(),
            plain.layers(),
            plain.stored(),
            plain.activations(),
            plain.dynamic(),
            plain.statistics(),
            Map.of("<script>alert(1)</script>", 20.0),
            Map.of(),
            Target.ONNXRUNTIME_CPU,
            Candidate.ROUNDED,
            List.of(),
            List.of(),
            1024,
            128,
            Padding.NONE,
            Map.of("NaN & \"more\" <b>", 3L));

    String html = report(hostile, folder);

    assertThat(html)
        .contains("&lt;script&gt;alert(1)&lt;/script&gt;", "NaN &amp; &quot;more&quot; &lt;b&gt;")
        .doesNotContain("<script>");
  }

  @Test
  void saysWhatToTryForANoisyLayerInTheWordsOfAPlan(@TempDir Path folder) throws IOException {
    String html = report(network(6, 0.25), folder);

    assertThat(html)
        .contains("6.0 dB at 4 bits: the noise is 25 % of the signal")
        .contains("layers += { match = &quot;/stem/Conv&quot;, bits = 8 }");
  }

  @Test
  void isQuietWhereNothingHurts(@TempDir Path folder) throws IOException {
    assertThat(report(network(28, 0.25), folder)).contains("No layer stands out.");
  }

  @Test
  void doesNotMindAHighRatioWhereNothingIsLost(@TempDir Path folder) throws IOException {
    assertThat(report(network(28, 0.95), folder)).contains("No layer stands out.");
  }

  @Test
  void saysWhereLearningGainedLittle(@TempDir Path folder) throws IOException {
    assertThat(report(network(20, 0.95), folder))
        .contains("ratio 0.950: little gain over rounding to nearest");
  }

  @Test
  void showsWhatABudgetBought(@TempDir Path folder) throws IOException {
    Assignment cheap = new Assignment(Map.of("a", new Bits(2, 0)), 20, 0.01);
    Assignment chosen = new Assignment(Map.of("a", new Bits(3, 0)), 30, 0.001);
    Allocation allocation =
        new Allocation(
            "bits=3",
            10,
            chosen,
            List.of(cheap, chosen),
            List.of(new Measured(chosen, 25, Double.NaN)));

    assertThat(report(network(28, 0.25), allocation, folder))
        .contains(
            "<h2>Bits within the budget</h2>",
            "bits=3 takes 3.00, predicted SQNR 30.0 dB, measured 25.0; the curve is from 2.00 to 3.00, 20.0 to 30.0"
                + " dB",
            "<path class=\"front\" d=\"M6 114L254 6\"/>",
            "<circle class=\"chosen\" cx=\"254\" cy=\"6\" r=\"5\"/>",
            "<circle class=\"front\" cx=\"254\" cy=\"60\" r=\"4\"/>");
    assertThat(report(network(28, 0.25), folder)).doesNotContain("budget");
  }

  @Test
  void showsWhatBlocksLearned(@TempDir Path folder) throws IOException {
    LearnedBlock block =
        new LearnedBlock("/a<b/Conv", Candidate.RECONSTRUCTED, 0.1, 0.01, List.of("x", "y"));
    LearnedBlock whole = new LearnedBlock("x", Candidate.FINETUNED, 0.04, 0.04, List.of());

    assertThat(report(network(28, 0.25, List.of(block, whole)), folder))
        .contains(
            "<h2>Learned by gradient</h2>",
            "Nothing of it is in the result",
            "/a&lt;b/Conv</th><td class=\"n\">2</td><td class=\"n\">10.0 dB</td><td class=\"n\">20.0 dB</td>",
            "the whole network</th><td class=\"n\">0</td><td class=\"n\">14.0 dB</td><td class=\"n\">14.0 dB</td>");
    assertThat(report(network(28, 0.25), folder)).doesNotContain("gradient");
  }

  private static String report(QuantizedNetwork network, Path folder) throws IOException {
    return report(network, null, folder);
  }

  private static String report(
      QuantizedNetwork network, @Nullable Allocation allocation, Path folder) throws IOException {
    Path file = folder.resolve("report.html");
    HtmlReport.write(
        network,
        new ReportFacts(
            "m.onnx",
            400_000,
            "out.onnx",
            WRITTEN,
            12.3,
            Map.of("--weights", "4"),
            allocation,
            List.of("only 5 samples")),
        file);
    assertThat(folder).isDirectoryContaining(file::equals);
    return Files.readString(file);
  }

  private static QuantizedNetwork network(double sqnrDb, double ratio) {
    return network(sqnrDb, ratio, List.of());
  }

  private static QuantizedNetwork network(double sqnrDb, double ratio, List<LearnedBlock> learned) {
    List<QuantizedLayer> layers = new ArrayList<>();
    for (Layer layer : RESNET.layers()) {
      int out = layer.layout().out();
      int k = layer.layout().k();
      float[] scales = new float[out];
      java.util.Arrays.fill(scales, 0.1f);
      layers.add(
          new QuantizedLayer(
              layer.name(),
              new QuantizedWeight(
                  new int[out * k],
                  out,
                  k,
                  Encoding.perChannel(Grid.signed(4), scales, new int[out])),
              layer.bias(),
              "lattice",
              ratio,
              1,
              3,
              sqnrDb,
              0.5,
              ""));
    }
    ActivationStatistics statistics = new ActivationStatistics();
    statistics.add(new float[] {0, 0, 0, 0.5f, 1, 1.5f, 2});
    Map<String, ActivationStatistics> seen = new LinkedHashMap<>();
    seen.put("image", statistics);
    return new QuantizedNetwork(
        RESNET,
        layers,
        List.of(),
        Map.of("image", Encoding.perTensor(Grid.unsigned(8), 2 / 255f, 0)),
        DynamicInputs.NONE,
        seen,
        Map.of("logits", 30.0),
        Map.of("logits", 25.0),
        Target.ONNXRUNTIME_CPU,
        Candidate.ROUNDED,
        learned,
        List.of(),
        1024,
        128,
        Padding.NONE,
        Map.of());
  }

  private static List<String> pictures(String html) {
    return Pattern.compile("<svg.*?</svg>", Pattern.DOTALL)
        .matcher(html)
        .results()
        .map(match -> match.group())
        .toList();
  }
}
