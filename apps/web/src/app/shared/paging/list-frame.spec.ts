import { Component, signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';

import { ListFrame } from './list-frame';

const list = {
  items: signal<readonly string[] | undefined>(undefined),
  hasMore: signal(false),
  loading: signal(false),
  loadingMore: signal(false),
  error: signal<Error | undefined>(undefined),
  loadMore: jest.fn(() => Promise.resolve()),
  reload: jest.fn(),
  change: jest.fn(),
};

@Component({
  imports: [ListFrame],
  template: `
    <cr-list-frame noun="letters" [list]="list">
      @for (letter of list.items(); track letter) {
        <i>{{ letter }}</i>
      }
      <p empty>No letter yet</p>
    </cr-list-frame>
  `,
})
class Letters {
  readonly list = list;
}

describe('ListFrame', () => {
  const show = async (change: { items?: string[]; error?: Error; hasMore?: boolean }) => {
    list.items.set(change.items);
    list.error.set(change.error);
    list.hasMore.set(change.hasMore ?? false);
    const fixture = TestBed.createComponent(Letters);
    await fixture.whenStable();
    return fixture.nativeElement as HTMLElement;
  };

  it('says that it loads', async () => {
    expect((await show({})).querySelector('[role=status]')?.textContent).toBe('Loading…');
  });

  it('shows the rows, and what to say when there are none', async () => {
    expect((await show({ items: ['a', 'b'] })).textContent.trim()).toBe('ab');
    expect((await show({ items: [] })).textContent.trim()).toBe('No letter yet');
  });

  it('says what failed, and tries again', async () => {
    const page = await show({ error: new Error('The server does not answer.') });
    expect(page.textContent).toContain('The letters could not be loaded');
    expect(page.textContent).toContain('The server does not answer.');
    page.querySelector('button')?.click();
    expect(list.reload).toHaveBeenCalled();
  });

  it('keeps the rows when more of them could not be loaded', async () => {
    const page = await show({ items: ['a'], error: new Error('Gone.'), hasMore: true });
    expect(page.textContent).toMatch(/a.*Gone\./s);
    expect([...page.querySelectorAll('button')].map((button) => button.textContent.trim())).toEqual([
      'Try again',
      'Show more',
    ]);
  });
});
