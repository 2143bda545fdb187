import { Injectable, inject } from '@angular/core';
import type { Calendar } from '@cronium/contracts';

import { toApiProblem } from '../../core/http/problem';
import { Dialogs } from '../../shared/dialog/dialogs';
import { Toasts } from '../../shared/feedback/toasts';
import { CalendarApi } from './calendar-api';

/** Deletes a calendar after asking, and asks again when events use it. */
@Injectable({ providedIn: 'root' })
export class CalendarDeletion {
  private readonly api = inject(CalendarApi);
  private readonly dialogs = inject(Dialogs);
  private readonly toasts = inject(Toasts);

  /** Whether it is deleted. */
  async delete(calendar: Calendar): Promise<boolean> {
    const sure = await this.dialogs.confirm({
      heading: `Delete “${calendar.name}”?`,
      text: 'Its rules, and what was imported, are deleted for good.',
      action: 'Delete calendar',
      danger: true,
    });
    return sure && this.deleteConfirmed(calendar, false);
  }

  private async deleteConfirmed(calendar: Calendar, evenIfUsed: boolean): Promise<boolean> {
    try {
      await this.api.delete(calendar.id, evenIfUsed);
      this.toasts.show(`“${calendar.name}” is deleted.`);
      return true;
    } catch (error) {
      const problem = toApiProblem(error);
      if (problem.code !== 'calendar_in_use' || evenIfUsed) {
        this.toasts.show(`“${calendar.name}” could not be deleted. ${problem.message}`);
        return false;
      }
      const sure = await this.dialogs.confirm({
        heading: 'Events use it',
        text: problem.message.replace('; repeat with confirm=true', ''),
        action: 'Delete it all the same',
        danger: true,
      });
      return sure && this.deleteConfirmed(calendar, true);
    }
  }
}
