package io.halfstep.service.journal;

/** An event of the registry of jobs in the journal. */
public sealed interface RegistryEvent extends JournalEntry {
  /** The journal was bound to the state directory with this id. */
  record Bound(String state) implements RegistryEvent {}

  /** A job was submitted; its files are in place. */
  record Submitted(JobSpec job) implements RegistryEvent {}

  /** A job was deleted; its files are removed next. */
  record Deleted(String id) implements RegistryEvent {}
}
