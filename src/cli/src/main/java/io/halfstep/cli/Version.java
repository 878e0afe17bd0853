package io.halfstep.cli;

import picocli.CommandLine.IVersionProvider;

/** Reads the version from the jar's manifest. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {
      "halfstep " + (version == null ? "(not from a jar)" : version), "Java " + Runtime.version()
    };
  }
}
