import { inject } from '@angular/core';
import type { CanDeactivateFn } from '@angular/router';

import { SessionStore } from '../../../core/auth/session';
import { Dialogs } from '../../../shared/dialog/dialogs';

export interface HoldsTerminal {
  hasOpenTerminal(): boolean;
}

/** Asks before a running shell is left behind. After a sign-out it has ended already. */
export const leaveTerminal: CanDeactivateFn<HoldsTerminal> = (page) => {
  if (!page.hasOpenTerminal() || inject(SessionStore).state().kind !== 'signed-in') return true;
  return inject(Dialogs).confirm({
    heading: 'Leave the terminal?',
    text: 'Your session ends, and with it what runs in it.',
    action: 'Leave and end it',
    decline: 'Stay',
    danger: true,
  });
};
