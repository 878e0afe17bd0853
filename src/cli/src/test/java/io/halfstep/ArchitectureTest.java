package io.halfstep;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.halfstep.quantizer.BiasPolicy;
import io.halfstep.quantizer.IntegerBias;
import io.halfstep.quantizer.QuantizedWeight;

/** The way of the data, from the left to the right, and who may use what. */
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

  private static final String[] MATHEMATICS = {
    "io.halfstep.tensor..",
    "io.halfstep.model..",
    "io.halfstep.graph..",
    "io.halfstep.quantizer..",
    "io.halfstep.statistics..",
    "io.halfstep.ranges..",
    "io.halfstep.rounding..",
    "io.halfstep.export.."
  };

  @ArchTest
  static final ArchRule packagesUseOnlyWhatIsBeforeThem =
      layeredArchitecture()
          .consideringOnlyDependenciesInAnyPackage("io.halfstep..")
          .layer("failure")
          .definedBy("io.halfstep.failure")
          .layer("tensor")
          .definedBy("io.halfstep.tensor")
          .layer("model")
          .definedBy("io.halfstep.model")
          .layer("graph")
          .definedBy("io.halfstep.graph")
          .layer("quantizer")
          .definedBy("io.halfstep.quantizer")
          .layer("statistics")
          .definedBy("io.halfstep.statistics")
          .layer("ranges")
          .definedBy("io.halfstep.ranges")
          .layer("rounding")
          .definedBy("io.halfstep.rounding..")
          .layer("plan")
          .definedBy("io.halfstep.plan")
          .layer("protocol")
          .definedBy("io.halfstep.protocol")
          .layer("wire")
          .definedBy("io.halfstep.wire")
          .layer("checkpoint")
          .definedBy("io.halfstep.checkpoint")
          .layer("flow")
          .definedBy("io.halfstep.flow")
          .layer("stage")
          .definedBy("io.halfstep.stage")
          .layer("source")
          .definedBy("io.halfstep.source")
          .layer("export")
          .definedBy("io.halfstep.export")
          .layer("calibration")
          .definedBy("io.halfstep.calibration")
          .layer("api")
          .definedBy("io.halfstep")
          .layer("intake")
          .definedBy("io.halfstep.intake")
          .layer("service")
          .definedBy("io.halfstep.service")
          .layer("http")
          .definedBy("io.halfstep.http")
          .layer("metrics")
          .definedBy("io.halfstep.metrics")
          .layer("cli")
          .definedBy("io.halfstep.cli")
          .whereLayer("failure")
          .mayNotAccessAnyLayer()
          .whereLayer("tensor")
          .mayOnlyAccessLayers("failure")
          .whereLayer("model")
          .mayOnlyAccessLayers("failure", "tensor")
          .whereLayer("graph")
          .mayOnlyAccessLayers("failure", "tensor", "model")
          .whereLayer("quantizer")
          .mayOnlyAccessLayers("failure", "tensor")
          .whereLayer("statistics")
          .mayOnlyAccessLayers("failure", "tensor")
          .whereLayer("ranges")
          .mayOnlyAccessLayers("failure", "quantizer", "statistics")
          .whereLayer("rounding")
          .mayOnlyAccessLayers("failure", "tensor", "quantizer", "statistics")
          .whereLayer("plan")
          .mayOnlyAccessLayers("failure", "quantizer", "ranges", "rounding")
          .whereLayer("protocol")
          .mayOnlyAccessLayers("failure", "tensor", "quantizer", "statistics")
          .whereLayer("wire")
          .mayOnlyAccessLayers("failure", "tensor", "quantizer", "statistics", "protocol")
          .whereLayer("checkpoint")
          .mayOnlyAccessLayers("failure", "quantizer", "statistics", "protocol", "wire")
          .whereLayer("flow")
          .mayOnlyAccessLayers("failure", "quantizer", "rounding", "protocol", "wire", "checkpoint")
          .whereLayer("stage")
          .mayOnlyAccessLayers(
              "failure",
              "tensor",
              "model",
              "graph",
              "quantizer",
              "statistics",
              "ranges",
              "rounding",
              "plan",
              "protocol",
              "wire",
              "checkpoint",
              "flow")
          .whereLayer("source")
          .mayOnlyAccessLayers("failure", "tensor")
          .whereLayer("export")
          .mayOnlyAccessLayers("failure", "tensor", "model", "graph", "quantizer", "statistics")
          .whereLayer("calibration")
          .mayOnlyAccessLayers(
              "failure",
              "tensor",
              "model",
              "graph",
              "quantizer",
              "statistics",
              "ranges",
              "plan",
              "protocol",
              "checkpoint",
              "flow",
              "stage",
              "source",
              "export")
          .whereLayer("intake")
          .mayOnlyAccessLayers("failure", "tensor", "source")
          .whereLayer("service")
          .mayOnlyBeAccessedByLayers("http", "metrics", "cli")
          .whereLayer("http")
          .mayOnlyAccessLayers("failure", "tensor", "source", "intake", "service")
          .whereLayer("metrics")
          .mayOnlyAccessLayers("failure", "checkpoint", "calibration", "service")
          .whereLayer("cli")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("api")
          .mayOnlyBeAccessedByLayers("service", "cli");

  @ArchTest
  static final ArchRule solversKnowTheProblemButNotEachOther =
      layeredArchitecture()
          .consideringOnlyDependenciesInAnyPackage("io.halfstep.rounding..")
          .layer("problem")
          .definedBy("io.halfstep.rounding")
          .layer("row")
          .definedBy("io.halfstep.rounding.row")
          .layer("scale")
          .definedBy("io.halfstep.rounding.scale")
          .layer("lattice")
          .definedBy("io.halfstep.rounding.lattice")
          .layer("refinement")
          .definedBy("io.halfstep.rounding.refinement")
          .layer("adaround")
          .definedBy("io.halfstep.rounding.adaround")
          .layer("baseline")
          .definedBy("io.halfstep.rounding.baseline")
          .layer("solver")
          .definedBy("io.halfstep.rounding.solver")
          .whereLayer("row")
          .mayOnlyAccessLayers("problem")
          .whereLayer("scale")
          .mayOnlyAccessLayers("problem", "row")
          .whereLayer("lattice")
          .mayOnlyAccessLayers("problem", "row", "scale")
          .whereLayer("refinement")
          .mayOnlyAccessLayers("problem", "row")
          .whereLayer("adaround")
          .mayOnlyAccessLayers("problem", "row")
          .whereLayer("baseline")
          .mayOnlyAccessLayers("problem", "row")
          .whereLayer("solver")
          .mayNotBeAccessedByAnyLayer();

  @ArchTest
  static final ArchRule theRoundingProblemKnowsNoSolver =
      noClasses()
          .that()
          .resideInAPackage("io.halfstep.rounding")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.halfstep.rounding.*..");

  @ArchTest
  static final ArchRule noCyclesWithinRounding =
      slices().matching("io.halfstep.rounding.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule noCycles = slices().matching("io.halfstep.(*)..").should().beFreeOfCycles();

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
  static final ArchRule picocliInTheCommands =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.halfstep.cli")
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
