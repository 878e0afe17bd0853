package io.halfstep.cli;

import picocli.CommandLine;

/** Formats the commands' help as a {@code man} page in roff. */
final class ManualPage {
  private final StringBuilder page = new StringBuilder();

  private ManualPage() {}

  static String of(CommandLine halfstep) {
    ManualPage manual = new ManualPage();
    manual.page.append(".TH HALFSTEP 1\n.SH NAME\nhalfstep \\- quantizes trained ONNX models\n");
    manual.section("SYNOPSIS", halfstep);
    manual.commands(halfstep);
    return manual.page.toString();
  }

  private void commands(CommandLine parent) {
    for (CommandLine command : parent.getSubcommands().values()) {
      section(command.getCommandSpec().qualifiedName(), command);
      commands(command);
    }
  }

  /** The help already has its layout. */
  private void section(String title, CommandLine command) {
    page.append(".SH \"").append(title).append("\"\n.nf\n");
    command.getUsageMessage().lines().map(ManualPage::verbatim).forEach(page::append);
    page.append(".fi\n");
  }

  /** Escapes backslashes, dashes, and a leading dot or quote, which are special in roff. */
  private static String verbatim(String line) {
    return "\\&" + line.replace("\\", "\\e").replace("-", "\\-") + "\n";
  }
}
