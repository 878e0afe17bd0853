package io.halfstep.cli;

import picocli.CommandLine.IVersionProvider;

/** The version in the manifest of the jar. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {
      "halfstep " + (version == null ? "(not from a jar)" : version), "Java " + Runtime.version()
    };
  }
}
