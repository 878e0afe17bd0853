package io.halfstep.service.journal;

/** Which jobs there are, as the journal keeps it. */
public sealed interface RegistryEvent extends JournalEntry {
  /** The files of the jobs are in the state directory with this id. */
  record Bound(String state) implements RegistryEvent {}

  /** A job's files are in place. */
  record Submitted(JobSpec job) implements RegistryEvent {}

  /** A job and all its files are to go. */
  record Deleted(String id) implements RegistryEvent {}
}
