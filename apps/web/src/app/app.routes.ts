import type { Routes } from '@angular/router';

import { signedInGuard, signedOutGuard } from './core/auth/auth-guard';

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
      { path: '', pathMatch: 'full', redirectTo: 'events' },
      {
        path: 'events',
        loadChildren: () => import('./features/events/event-routes').then((file) => file.eventRoutes),
      },
      {
        path: 'executions',
        loadChildren: () =>
          import('./features/executions/execution-routes').then((file) => file.executionRoutes),
      },
      {
        path: 'servers',
        title: 'Servers',
        loadComponent: () => import('./features/servers/server-list').then((file) => file.ServerList),
      },
      {
        path: '**',
        title: 'Page not found',
        loadComponent: () => import('./features/not-found/not-found').then((file) => file.NotFound),
      },
    ],
  },
];
