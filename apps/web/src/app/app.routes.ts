import type { Routes } from '@angular/router';

import { keepUnsavedChanges } from './shared/unsaved/unsaved-changes';
import { adminGuard, signedInGuard, signedOutGuard } from './core/auth/auth-guard';

export const appRoutes: Routes = [
  {
    path: 'sign-in',
    title: 'Sign in',
    canActivate: [signedOutGuard],
    loadComponent: () => import('./features/sign-in/sign-in').then((file) => file.SignIn),
  },
  {
    path: 'unavailable',
    title: 'Not available',
    loadComponent: () => import('./features/not-found/unavailable').then((file) => file.Unavailable),
  },
  {
    path: '',
    canActivate: [signedInGuard],
    loadComponent: () => import('./core/shell/shell').then((file) => file.Shell),
    children: [
      {
        path: '',
        pathMatch: 'full',
        loadChildren: () => import('./features/home/home-routes').then((file) => file.homeRoutes),
      },
      {
        path: 'events',
        loadChildren: () => import('./features/events/event-routes').then((file) => file.eventRoutes),
      },
      {
        path: 'schedule',
        loadChildren: () => import('./features/schedule/schedule-routes').then((file) => file.scheduleRoutes),
      },
      {
        path: 'executions',
        loadChildren: () =>
          import('./features/executions/execution-routes').then((file) => file.executionRoutes),
      },
      {
        path: 'log-search',
        title: 'Log search',
        loadComponent: () =>
          import('./features/log-search/log-search-page').then((file) => file.LogSearchPage),
      },
      {
        path: 'queue',
        title: 'Queue',
        loadComponent: () => import('./features/queue/queue-page').then((file) => file.QueuePage),
      },
      {
        path: 'calendars',
        loadChildren: () =>
          import('./features/calendars/calendar-routes').then((file) => file.calendarRoutes),
      },
      {
        path: 'servers',
        loadChildren: () => import('./features/servers/server-routes').then((file) => file.serverRoutes),
      },
      {
        path: 'alerts',
        loadChildren: () => import('./features/alerts/alert-routes').then((file) => file.alertRoutes),
      },
      {
        path: 'monitor',
        title: 'Execution monitor',
        canActivate: [adminGuard],
        loadComponent: () => import('./features/monitor/monitor-page').then((file) => file.MonitorPage),
      },
      {
        path: 'monitor/promises',
        title: 'Promises',
        canActivate: [adminGuard],
        loadComponent: () => import('./features/promises/promises-page').then((file) => file.PromisesPage),
      },
      {
        path: 'users',
        title: 'Users',
        canActivate: [adminGuard],
        loadComponent: () => import('./features/users/user-list').then((file) => file.UserList),
      },
      {
        path: 'settings',
        title: 'Settings',
        canActivate: [adminGuard],
        canDeactivate: [keepUnsavedChanges],
        loadComponent: () =>
          import('./features/settings/execution-settings').then((file) => file.ExecutionSettings),
      },
      {
        path: 'account',
        title: 'Your account',
        loadComponent: () => import('./features/account/account-page').then((file) => file.AccountPage),
      },
      {
        path: '**',
        title: 'Page not found',
        loadComponent: () => import('./features/not-found/not-found').then((file) => file.NotFound),
      },
    ],
  },
];
