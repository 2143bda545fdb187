import { computed, signal } from '@angular/core';
import type { ExecutionSummary } from '@cronium/contracts';

/** Executions that began since the list was shown, newest first, each once and as it is now. */
export class NewArrivals {
  private readonly waiting = signal<readonly ExecutionSummary[]>([]);
  readonly count = computed(() => this.waiting().length);

  add(execution: ExecutionSummary): void {
    this.waiting.update((waiting) => {
      const known = waiting.some((other) => other.id === execution.id);
      if (known) return waiting.map((other) => (other.id === execution.id ? execution : other));
      return [execution, ...waiting];
    });
  }

  take(): readonly ExecutionSummary[] {
    const taken = this.waiting();
    this.waiting.set([]);
    return taken;
  }
}
