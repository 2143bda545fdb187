import { inject } from '@angular/core';
import { Router } from '@angular/router';

/** Keeps a list's filters in the page's address; an empty one is left out. Call in an injection context. */
export function addressFilters(): (change: Readonly<Record<string, string>>) => void {
  const router = inject(Router);
  return (change) => {
    const queryParams = Object.fromEntries(
      Object.entries(change).map(([key, value]) => [key, value || null]),
    );
    void router.navigate([], { queryParams, queryParamsHandling: 'merge', replaceUrl: true });
  };
}
