import { HttpClient, httpResource, type HttpResourceRequest } from '@angular/common/http';
import { computed, inject, linkedSignal, signal, type Signal } from '@angular/core';
import type { Page } from '@cronium/contracts';
import { firstValueFrom } from 'rxjs';

/** Query parameters; those that are empty or undefined are left out. */
export type ListQuery = Readonly<Record<string, string | undefined>>;

/** A list of the API, page after page. The former rows stay while a changed query loads, so that nothing jumps. */
export interface PagedList<T> {
  /** Undefined until the first page came. */
  readonly items: Signal<readonly T[] | undefined>;
  readonly hasMore: Signal<boolean>;
  readonly loading: Signal<boolean>;
  readonly loadingMore: Signal<boolean>;
  readonly error: Signal<Error | undefined>;
  loadMore(): Promise<void>;
  reload(): void;
  /** Changes the rows at hand, for what is heard live. */
  change(update: (items: readonly T[]) => readonly T[]): void;
  /** Whatever else the last page that was read says. */
  readonly lastPage: Signal<Page<T> | undefined>;
}

function present(query: ListQuery): Record<string, string> {
  const entries = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1]);
  return Object.fromEntries(entries);
}

/**
 * Call in an injection context.
 *
 * @param url a function when it has parts that are known only later, as an input of the page
 * @param query undefined while there is nothing to ask
 */
export function pagedList<T>(url: string | (() => string), query: () => ListQuery | undefined): PagedList<T> {
  const http = inject(HttpClient);
  const address = typeof url === 'string' ? () => url : url;
  const first = httpResource<Page<T>>((): HttpResourceRequest | undefined => {
    const asked = query();
    return asked && { url: address(), params: present(asked) };
  });
  const firstPage = computed(() => (first.hasValue() ? first.value() : undefined));
  const rows = linkedSignal<Page<T> | undefined, Page<T> | undefined>({
    source: firstPage,
    computation: (page, previous) => page ?? previous?.value,
  });
  const loadingMore = signal(false);
  const moreError = linkedSignal<unknown, Error | undefined>({
    source: firstPage,
    computation: () => undefined,
  });

  return {
    items: computed(() => rows()?.items),
    hasMore: computed(() => rows()?.nextCursor != null),
    loading: first.isLoading,
    loadingMore,
    error: computed(() => first.error() ?? moreError()),
    async loadMore() {
      const before = rows();
      if (before?.nextCursor == null || loadingMore() || first.isLoading()) return;
      loadingMore.set(true);
      try {
        const params = present({ ...query(), cursor: before.nextCursor });
        const page = await firstValueFrom(http.get<Page<T>>(address(), { params }));
        // A changed query in the meantime has its own first page.
        rows.update((now) =>
          now?.nextCursor === before.nextCursor ? { ...page, items: [...now.items, ...page.items] } : now,
        );
      } catch (error) {
        moreError.set(error instanceof Error ? error : new Error(String(error)));
      } finally {
        loadingMore.set(false);
      }
    },
    reload: () => first.reload(),
    lastPage: rows,
    change: (update) => rows.update((now) => now && { ...now, items: [...update(now.items)] }),
  };
}
