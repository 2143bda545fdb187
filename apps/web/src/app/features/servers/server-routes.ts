import type { Routes } from '@angular/router';

import { keepUnsavedChanges } from '../../shared/unsaved/unsaved-changes';
import { leaveTerminal } from './terminal/leave-terminal';

export const serverRoutes: Routes = [
  {
    path: '',
    pathMatch: 'full',
    title: 'Servers',
    loadComponent: () => import('./server-list').then((file) => file.ServerList),
  },
  {
    path: 'new',
    title: 'Add a server',
    canDeactivate: [keepUnsavedChanges],
    loadComponent: () => import('./server-editor').then((file) => file.ServerEditor),
  },
  {
    path: 'new/sandboxes',
    title: 'Add a server',
    canDeactivate: [keepUnsavedChanges],
    loadComponent: () => import('./join-server').then((file) => file.JoinServer),
  },
  {
    path: ':id',
    title: 'Server',
    loadComponent: () => import('./server-page').then((file) => file.ServerPage),
  },
  {
    path: ':id/edit',
    title: 'Edit server',
    canDeactivate: [keepUnsavedChanges],
    loadComponent: () => import('./edit-server').then((file) => file.EditServer),
  },
  {
    path: ':id/terminal',
    title: 'Terminal',
    canDeactivate: [leaveTerminal],
    loadComponent: () => import('./terminal/terminal-page').then((file) => file.TerminalPage),
  },
];
