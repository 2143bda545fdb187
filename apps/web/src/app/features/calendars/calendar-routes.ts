import type { Routes } from '@angular/router';

import { keepUnsavedChanges } from '../../shared/unsaved/unsaved-changes';

export const calendarRoutes: Routes = [
  {
    path: '',
    pathMatch: 'full',
    title: 'Calendars',
    loadComponent: () => import('./calendar-list').then((file) => file.CalendarList),
  },
  {
    path: 'new',
    title: 'New calendar',
    canDeactivate: [keepUnsavedChanges],
    loadComponent: () => import('./calendar-editor').then((file) => file.CalendarEditor),
  },
  {
    path: ':id',
    title: 'Calendar',
    canDeactivate: [keepUnsavedChanges],
    loadComponent: () => import('./calendar-editor').then((file) => file.CalendarEditor),
  },
];
