import { DestroyRef, Injectable, computed, inject, signal } from '@angular/core';

/** The time as signals, for durations that run and times that are told as "2 min ago". */
@Injectable({ providedIn: 'root' })
export class Clock {
  private readonly millis = signal(Date.now());

  /** Milliseconds since the epoch, renewed every second. */
  readonly now = this.millis.asReadonly();
  /** Renewed every ten seconds: what reads it is not redrawn each second. */
  readonly coarseNow = computed(() => Math.floor(this.millis() / 10_000) * 10_000);

  constructor() {
    const timer = setInterval(() => this.millis.set(Date.now()), 1000);
    inject(DestroyRef).onDestroy(() => clearInterval(timer));
  }
}
