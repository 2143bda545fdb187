import type { Routes } from '@angular/router';

export const homeRoutes: Routes = [
  {
    path: '',
    title: 'Home',
    loadComponent: () => import('./home-page').then((file) => file.HomePage),
  },
];
