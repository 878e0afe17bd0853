package io.halfstep.service.journal;

/** What goes into the journal, as JSON: events, and snapshots of what they have come to. */
public sealed interface JournalEntry permits JobEvent, RegistryEvent, Job, Registry {}
