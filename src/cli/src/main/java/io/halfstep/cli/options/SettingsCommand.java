package io.halfstep.cli.options;

import picocli.CommandLine.Model.CommandSpec;

/** A command with options for settings in addition to annotated ones. */
public interface SettingsCommand {
  /** Adds the options. */
  void addOptions(CommandSpec command);
}
