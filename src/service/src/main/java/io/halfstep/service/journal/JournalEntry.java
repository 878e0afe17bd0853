package io.halfstep.service.journal;

/** An entry of the journal, stored as JSON: an event or a snapshot. */
public sealed interface JournalEntry permits JobEvent, RegistryEvent, Job, Registry {}
