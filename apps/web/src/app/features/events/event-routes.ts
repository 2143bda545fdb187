import type { Routes } from '@angular/router';

import { keepUnsavedChanges } from '../../shared/unsaved/unsaved-changes';

export const eventRoutes: Routes = [
  {
    path: '',
    title: 'Events',
    loadComponent: () => import('./event-list').then((file) => file.EventList),
  },
  {
    // Also `new`: the first save turns it into the id, under the same editor with its cursor and its history.
    path: ':id',
    canDeactivate: [keepUnsavedChanges],
    loadComponent: () => import('./event-editor').then((file) => file.EventEditor),
  },
  {
    path: ':id/history',
    title: 'History',
    loadComponent: () => import('./history/event-history').then((file) => file.EventHistory),
  },
];
