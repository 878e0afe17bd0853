package io.halfstep.service;

/** Which jobs there are, as the journal keeps it. */
public sealed interface RegistryEvent extends JournalEvent {
  /** A job's files are in place. */
  record Submitted(JobSpec job) implements RegistryEvent {}

  /** A job and all its files are to go. */
  record Deleted(String id) implements RegistryEvent {}
}
