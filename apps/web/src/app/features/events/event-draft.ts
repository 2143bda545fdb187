import { computed, signal } from '@angular/core';
import { form, validateStandardSchema, type FieldTree } from '@angular/forms/signals';
import type { Event, EventType } from '@cronium/contracts';

import { eventFormSchema, newEventForm, toEventForm, type EventForm } from './event-form';
import { isSample, sampleScripts } from './sample-scripts';

/** The event being edited: the form, the saved state it is compared with, and the version it was made from. */
export class EventDraft {
  private readonly model = signal<EventForm>(newEventForm());
  private readonly savedForm = signal<EventForm>(this.model());

  readonly form: FieldTree<EventForm> = form(this.model, (path) =>
    validateStandardSchema(path, eventFormSchema),
  );
  /** The event as it was last loaded or saved; null for a new one. */
  readonly saved = signal<Event | null>(null);
  readonly value = this.model.asReadonly();
  readonly dirty = computed(() => JSON.stringify(this.model()) !== JSON.stringify(this.savedForm()));

  /** Goes on from what the server has. */
  load(event: Event): void {
    this.saved.set(event);
    this.reset(toEventForm(event));
  }

  /** Starts a new event. */
  start(): void {
    this.saved.set(null);
    this.reset(newEventForm());
  }

  /** The servers a new event begins with, unless the person was faster. It is no change that could be lost. */
  suggestServers(serverIds: string[]): void {
    if (this.saved() !== null || this.model().serverIds.length > 0) return;
    this.model.update((before) => ({ ...before, serverIds }));
    this.savedForm.update((before) => ({ ...before, serverIds }));
  }

  /** After a conflict: the form stays, and the next save is made from the other person's version. */
  rebase(event: Event): void {
    this.saved.set(event);
    this.savedForm.set(toEventForm(event));
  }

  changeType(type: EventType): void {
    this.model.update((before) => ({
      ...before,
      type,
      content: this.saved() === null && isSample(before.content) ? sampleScripts[type] : before.content,
    }));
  }

  private reset(value: EventForm): void {
    this.savedForm.set(value);
    this.form().reset(value);
  }
}
