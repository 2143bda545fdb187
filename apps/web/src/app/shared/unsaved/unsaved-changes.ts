import { inject } from '@angular/core';
import type { CanDeactivateFn } from '@angular/router';

import { SessionStore } from '../../core/auth/session';
import { Dialogs } from '../dialog/dialogs';

/** A page that may hold what is not saved yet. */
export interface HoldsChanges {
  hasUnsavedChanges(): boolean;
}

/** Asks before unsaved changes are left behind. After a sign-out there is nothing that could still be saved. */
export const keepUnsavedChanges: CanDeactivateFn<HoldsChanges> = (page) => {
  if (!page.hasUnsavedChanges() || inject(SessionStore).state().kind !== 'signed-in') return true;
  return inject(Dialogs).confirm({
    heading: 'Leave without saving?',
    text: 'Your changes are not saved and will be lost.',
    action: 'Leave',
    decline: 'Stay',
    danger: true,
  });
};
