import type { Routes } from '@angular/router';

import { adminGuard } from '../../core/auth/auth-guard';

export const alertRoutes: Routes = [
  {
    path: '',
    pathMatch: 'full',
    title: 'Alerts',
    loadComponent: () => import('./alert-list').then((file) => file.AlertList),
  },
  {
    path: 'silences',
    title: 'Silences',
    loadComponent: () => import('./silences/silence-list').then((file) => file.SilenceList),
  },
  {
    path: 'rules',
    title: 'Alert rules',
    canActivate: [adminGuard],
    loadComponent: () => import('./rules/rule-list').then((file) => file.RuleList),
  },
  {
    path: 'channels',
    title: 'Alert channels',
    canActivate: [adminGuard],
    loadComponent: () => import('./channels/channel-list').then((file) => file.ChannelList),
  },
  {
    path: 'deliveries',
    title: 'Alert deliveries',
    canActivate: [adminGuard],
    loadComponent: () => import('./deliveries/delivery-log').then((file) => file.DeliveryLog),
  },
  {
    path: ':id',
    title: 'Alert',
    loadComponent: () => import('./alert-page').then((file) => file.AlertPage),
  },
];
