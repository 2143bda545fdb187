import { Injectable, inject } from '@angular/core';
import { Router } from '@angular/router';

import { toApiProblem } from '../../core/http/problem';
import { Toasts, type ToastAction } from '../feedback/toasts';

/** Tells a person that a run was not started, and why; one that a full queue refused can be looked into. */
@Injectable({ providedIn: 'root' })
export class StartFailures {
  private readonly router = inject(Router);
  private readonly toasts = inject(Toasts);

  show(event: { readonly id: string; readonly name: string }, error: unknown): void {
    const { code, message } = toApiProblem(error);
    // The name of the field is for those who call the API.
    const cause = message.replace(/ \(maxQueued\w+\)/, '');
    this.toasts.show(`“${event.name}” was not started. ${cause}`, this.remedyOf(code, event.id));
  }

  private remedyOf(code: string, eventId: string): ToastAction | undefined {
    if (code !== 'queue_full' && code !== 'event_queue_full') return undefined;
    // The queue of a server is everybody’s; what of it may be cancelled is there.
    const queryParams = code === 'event_queue_full' ? { eventId } : {};
    const act = () => void this.router.navigate(['/queue'], { queryParams });
    return { label: 'See what waits', act };
  }
}
