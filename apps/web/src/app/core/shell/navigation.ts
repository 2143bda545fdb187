import type { UserRole } from '@cronium/contracts';
import {
  mdiAccountMultipleOutline,
  mdiBellOutline,
  mdiCalendarClockOutline,
  mdiCalendarMonthOutline,
  mdiCalendarRemoveOutline,
  mdiCogOutline,
  mdiHomeOutline,
  mdiHumanQueue,
  mdiMonitorDashboard,
  mdiPlayBoxMultipleOutline,
  mdiServerOutline,
  mdiTextSearch,
} from '@mdi/js';

export interface Destination {
  readonly label: string;
  readonly path: string;
  readonly icon: string;
  /** Only for administrators. */
  readonly admin?: boolean;
}

/** The places of the application, in the order of the rail. */
const places: readonly Destination[] = [
  { label: 'Home', path: '/', icon: mdiHomeOutline },
  { label: 'Events', path: '/events', icon: mdiCalendarClockOutline },
  { label: 'Schedule', path: '/schedule', icon: mdiCalendarMonthOutline },
  { label: 'Executions', path: '/executions', icon: mdiPlayBoxMultipleOutline },
  { label: 'Log search', path: '/log-search', icon: mdiTextSearch },
  { label: 'Queue', path: '/queue', icon: mdiHumanQueue },
  { label: 'Calendars', path: '/calendars', icon: mdiCalendarRemoveOutline },
  { label: 'Servers', path: '/servers', icon: mdiServerOutline },
  { label: 'Alerts', path: '/alerts', icon: mdiBellOutline },
  { label: 'Monitor', path: '/monitor', icon: mdiMonitorDashboard, admin: true },
  { label: 'Users', path: '/users', icon: mdiAccountMultipleOutline, admin: true },
  { label: 'Settings', path: '/settings', icon: mdiCogOutline, admin: true },
];

/** The places that a person may go to. */
export function destinationsFor(role: UserRole | undefined): readonly Destination[] {
  return places.filter((place) => !place.admin || role === 'ADMIN');
}
