package io.halfstep;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.halfstep.quantizer.BiasPolicy;
import io.halfstep.quantizer.IntegerBias;
import io.halfstep.quantizer.QuantizedWeight;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/** Checks the dependencies between packages. */
@AnalyzeClasses(
    packages = "io.halfstep",
    importOptions = {DoNotIncludeTests.class, ArchitectureTest.NoTestJars.class})
class ArchitectureTest {
  /** Leaves out the other modules' tests. */
  static final class NoTestJars implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("-tests.jar");
    }
  }

  /**
   * Each package and exactly the packages that it uses, which must be listed above it. Constants
   * that the compiler inlines do not count.
   */
  private static final String ROOMS =
      """
      failure             →
      text                →
      allocation          →
      file                → failure
      tensor              → failure
      statistics          → tensor
      quantizer           → failure tensor
      ranges              → failure tensor statistics quantizer
      levels              → tensor quantizer
      rounding            → tensor statistics quantizer
      rounding.row        → statistics quantizer rounding
      rounding.scale      → tensor quantizer rounding rounding.row
      rounding.lattice    → tensor statistics rounding rounding.row rounding.scale
      rounding.product    → tensor quantizer rounding rounding.row
      rounding.adaround   → tensor statistics quantizer rounding rounding.row
      rounding.refinement → tensor statistics quantizer rounding rounding.row
      rounding.baseline   → tensor rounding rounding.row
      rounding.solver     → tensor quantizer rounding rounding.lattice rounding.product rounding.adaround rounding.refinement rounding.baseline
      plan                → failure file quantizer ranges rounding
      protocol            → failure tensor statistics quantizer
      wire                → failure tensor statistics quantizer protocol
      checkpoint          → statistics quantizer protocol wire
      flow                → failure rounding protocol wire checkpoint
      model               → failure tensor statistics
      branch              → model
      graph               → failure text tensor model branch
      gradient            → failure tensor model
      transform           → text tensor statistics model graph
      distribution        → tensor statistics model graph
      drift               → statistics quantizer
      stage               → failure tensor statistics quantizer ranges levels rounding rounding.solver plan protocol wire checkpoint flow model graph distribution drift
      source              → failure tensor
      learning            → tensor quantizer rounding model graph gradient
      export.opset        → model
      reconstruction      → failure tensor quantizer rounding plan protocol wire checkpoint flow model graph gradient learning stage export.opset
      network             → text tensor statistics quantizer model graph
      encodings           → failure tensor plan quantizer graph model network
      synthesis           → failure tensor statistics model gradient source export.opset
      export              → text file tensor statistics quantizer model branch graph network export.opset
      report              → text file allocation tensor statistics quantizer model graph network export
      inspection          → failure text tensor quantizer plan protocol model graph stage source learning reconstruction
      sensitivity         → failure tensor rounding.row model graph gradient export.opset
      widths              → failure text allocation tensor plan quantizer ranges model graph stage export
      calibration         → failure text allocation tensor statistics quantizer ranges rounding rounding.solver plan protocol checkpoint flow model graph transform distribution stage reconstruction source network encodings synthesis inspection sensitivity widths
      api                 → failure tensor quantizer encodings allocation plan model graph source network export inspection calibration
      analysis            → plan quantizer ranges rounding network api
      intake              → failure file tensor source
      service.settings    → failure plan intake
      service.logging     → text
      service.samples     → failure text source intake service.settings service.logging
      service.journal     → failure service.settings service.logging service.samples
      service.state       → failure file service.settings service.journal
      service.version     → file allocation tensor statistics quantizer source network export report service.settings service.journal service.state
      service.recovery    → failure service.settings service.journal service.state
      service             → failure text file tensor statistics quantizer drift plan protocol checkpoint model graph source network inspection calibration intake service.settings service.logging service.samples service.journal service.state service.version
      metrics             → checkpoint calibration service.settings service.samples service.journal service
      http.access         → failure service.settings
      http.body           →
      http.events         →
      http.page           →
      http                → failure text tensor source intake service.settings service.logging service.samples service.journal service http.access http.body http.events http.page
      cli.terminal        → text calibration
      cli.options         → plan
      cli.client          → failure text file tensor plan source service http http.events cli.terminal cli.options
      cli.evaluation      → failure text tensor statistics model graph source
      cli                 → failure text allocation tensor quantizer plan model graph source network export report inspection calibration api analysis service.settings service.journal service.recovery service metrics http.access http cli.terminal cli.options cli.client cli.evaluation
      """;

  /** Packages whose documentation explains why they have many files. */
  private static final Set<String> LARGE = Set.of("source");

  private static final int FILES = 30;

  private static final String[] MATHEMATICS = {
    "io.halfstep.tensor..",
    "io.halfstep.model..",
    "io.halfstep.branch..",
    "io.halfstep.graph..",
    "io.halfstep.gradient..",
    "io.halfstep.learning..",
    "io.halfstep.synthesis..",
    "io.halfstep.sensitivity..",
    "io.halfstep.transform..",
    "io.halfstep.quantizer..",
    "io.halfstep.statistics..",
    "io.halfstep.ranges..",
    "io.halfstep.levels..",
    "io.halfstep.rounding..",
    "io.halfstep.network..",
    "io.halfstep.export..",
    "io.halfstep.report..",
    "io.halfstep.allocation.."
  };

  @ArchTest
  static void roomsUseWhatTheTableSays(JavaClasses classes) {
    Set<String> found = new TreeSet<>();
    for (JavaClass from : classes) {
      found.add(room(from));
      for (Dependency dependency : from.getDirectDependenciesFromSelf()) {
        JavaClass to = dependency.getTargetClass().getBaseComponentType();
        if (to.getPackageName().startsWith("io.halfstep") && !room(to).equals(room(from))) {
          found.add(room(from) + " → " + room(to));
        }
      }
    }
    Set<String> expected = new TreeSet<>();
    table(
        (room, used) -> {
          expected.add(room);
          used.forEach(other -> expected.add(room + " → " + other));
        });
    assertThat(found).containsExactlyInAnyOrderElementsOf(expected);
  }

  @ArchTest
  static void noArrowGoesBackUp(JavaClasses classes) {
    Set<String> above = new HashSet<>();
    table(
        (room, used) -> {
          assertThat(above).as(room).containsAll(used);
          above.add(room);
        });
  }

  @ArchTest
  static void aLargeRoomHasAReason(JavaClasses classes) {
    Map<String, Long> files =
        classes.stream()
            .filter(JavaClass::isTopLevelClass)
            .collect(Collectors.groupingBy(ArchitectureTest::room, Collectors.counting()));
    files.values().removeIf(count -> count <= FILES);
    assertThat(LARGE).containsAll(files.keySet());
  }

  private static void table(BiConsumer<String, List<String>> line) {
    ROOMS
        .lines()
        .map(text -> text.split("\\s*→\\s*", -1))
        .forEach(
            cells ->
                line.accept(
                    cells[0], cells[1].isEmpty() ? List.of() : List.of(cells[1].split(" "))));
  }

  private static String room(JavaClass type) {
    String name = type.getPackageName();
    return name.equals("io.halfstep") ? "api" : name.substring("io.halfstep.".length());
  }

  @ArchTest
  static final ArchRule mathematicsKnowsNoActors =
      noClasses()
          .that()
          .resideInAnyPackage(MATHEMATICS)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("akka..");

  @ArchTest
  static final ArchRule kryoInOnePlace =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.halfstep.wire")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.esotericsoftware..");

  @ArchTest
  static final ArchRule rocksDbAndKafkaInOnePlace =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.halfstep.intake")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.rocksdb..", "org.apache.kafka..", "akka.kafka..");

  @ArchTest
  static final ArchRule logbackInOnePlace =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.halfstep.service.logging")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("ch.qos.logback..");

  @ArchTest
  static final ArchRule picocliInTheCommands =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.halfstep.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("picocli..");

  @ArchTest
  static final ArchRule oneBiasPolicy =
      noClasses()
          .that()
          .doNotBelongToAnyOf(BiasPolicy.class)
          .should()
          .callMethod(IntegerBias.class, "of", float[].class, QuantizedWeight.class, float.class);

  @ArchTest
  static final ArchRule noJavaSerialization =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.io.ObjectInputStream");
}
