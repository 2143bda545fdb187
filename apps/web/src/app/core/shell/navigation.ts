import { mdiCalendarClockOutline, mdiPlayBoxMultipleOutline, mdiServerOutline } from '@mdi/js';

export interface Destination {
  readonly label: string;
  readonly path: string;
  readonly icon: string;
}

/** The places of the application, in the order of the rail. */
export const destinations: readonly Destination[] = [
  { label: 'Events', path: '/events', icon: mdiCalendarClockOutline },
  { label: 'Executions', path: '/executions', icon: mdiPlayBoxMultipleOutline },
  { label: 'Servers', path: '/servers', icon: mdiServerOutline },
];
