package io.halfstep.cli;

import picocli.CommandLine.Model.CommandSpec;

/** A command with options for settings, besides those that are annotated. */
interface SettingsCommand {
  /** Adds them. */
  void addOptions(CommandSpec command);
}
