package io.halfstep.cli.options;

import picocli.CommandLine.Model.CommandSpec;

/** A command with options for settings, besides those that are annotated. */
public interface SettingsCommand {
  /** Adds them. */
  void addOptions(CommandSpec command);
}
