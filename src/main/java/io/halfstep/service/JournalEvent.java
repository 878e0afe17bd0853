package io.halfstep.service;

/** What goes into the journal, as JSON. */
public sealed interface JournalEvent permits JobEvent, RegistryEvent {}
