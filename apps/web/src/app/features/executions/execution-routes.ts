import type { Routes } from '@angular/router';

export const executionRoutes: Routes = [
  {
    path: '',
    title: 'Executions',
    loadComponent: () => import('./execution-list').then((file) => file.ExecutionList),
  },
  {
    path: ':id',
    loadComponent: () => import('./execution-page').then((file) => file.ExecutionPage),
  },
];
