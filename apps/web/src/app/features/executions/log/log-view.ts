import {
  Component,
  DOCUMENT,
  DestroyRef,
  ElementRef,
  afterNextRender,
  afterRenderEffect,
  computed,
  effect,
  inject,
  input,
  linkedSignal,
  output,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import {
  mdiArrowDown,
  mdiArrowUp,
  mdiChevronDoubleDown,
  mdiClockOutline,
  mdiContentCopy,
  mdiDownload,
  mdiMagnify,
  mdiWrap,
} from '@mdi/js';

import { Toasts } from '../../../shared/feedback/toasts';
import { Icon } from '../../../shared/icon/icon';
import { logBounds } from './log-buffer';
import type { JobLog } from './log-feed';
import { toRow, type LogRow } from './log-row';
import { LogSearch } from './log-search';
import { rememberedSwitch } from './remembered-switch';
import { RowIndex } from './row-index';

const rowHeight = 20;
/** Rows drawn beyond the window, and the step in which the drawn range moves. */
const overscan = 24;
const step = 8;
/** Columns of the gutter beside the line number. */
const timeColumns = 13;
const markColumns = 4;

/** A log of any length: only what is in the window is drawn. */
@Component({
  selector: 'cr-log-view',
  imports: [Icon],
  templateUrl: './log-view.html',
  styleUrl: './log-view.scss',
  host: { '(document:keydown)': 'pressKey($event)' },
})
export class LogView {
  private readonly toasts = inject(Toasts);
  private readonly document = inject(DOCUMENT);
  private readonly scroller = viewChild.required<ElementRef<HTMLElement>>('scroller');
  private readonly ruler = viewChild.required<ElementRef<HTMLElement>>('ruler');
  private readonly searchField = viewChild.required<ElementRef<HTMLInputElement>>('searchField');
  private readonly index = new RowIndex();
  private droppedBefore = 0;
  private lastScrollTop = 0;
  /** The line that the page was scrolled for. */
  private broughtLine: number | undefined;

  readonly log = input.required<JobLog>();
  /** Whether more may come. */
  readonly live = input.required<boolean>();
  /** Whether lines that are already written are still on their way. */
  readonly loading = input(false);
  /** The entry that is to be shown, by its `seq`; the view stays there until the person moves it. */
  readonly line = input<number>();
  readonly download = output();

  protected readonly wrap = rememberedSwitch('cronium.log.wrap', true);
  protected readonly times = rememberedSwitch('cronium.log.times', false);
  protected readonly follow = linkedSignal({
    source: () => ({ log: this.log(), line: this.line() }),
    computation: ({ line }) => line === undefined,
  });
  private readonly isPinned = linkedSignal({
    source: () => ({ log: this.log(), line: this.line() }),
    computation: ({ line }) => line !== undefined,
  });
  protected readonly query = signal('');
  protected readonly current = signal(0);
  private readonly found = signal<{ readonly matches: readonly number[]; readonly searching: boolean }>({
    matches: [],
    searching: false,
  });
  private search = new LogSearch('');

  private readonly scrollTop = signal(0);
  private readonly height = signal(600);
  private readonly width = signal(800);
  private readonly charWidth = signal(7.8);

  /** Columns of the line numbers. */
  protected readonly digits = computed(() => {
    const { lines, dropped } = this.layout();
    return Math.max(3, String(lines + dropped).length);
  });

  /** Brings the row index up to the log; everything below depends on it. */
  protected readonly layout = computed(() => {
    const log = this.log();
    log.version();
    const { buffer } = log;
    this.index.sync(buffer, this.wrap() ? this.columnsFor(buffer.dropped + buffer.length) : 0);
    return { rows: this.index.rows, lines: buffer.length, dropped: buffer.dropped, widest: buffer.widest };
  });
  protected readonly innerWidth = computed(() =>
    this.wrap() ? '100%' : `max(100%, ${this.layout().widest + this.gutterFor(this.digits()) + 2}ch)`,
  );
  protected readonly innerHeight = computed(() => this.layout().rows * rowHeight);

  private readonly firstRow = computed(() => {
    const row = Math.floor(this.scrollTop() / rowHeight) - overscan;
    return Math.max(0, Math.floor(row / step) * step);
  });
  private readonly rowsShown = computed(() => Math.ceil(this.height() / rowHeight) + 2 * overscan + step);

  protected readonly window = computed(() => {
    const { lines } = this.layout();
    const { buffer } = this.log();
    const first = this.index.lineAt(Math.min(this.firstRow(), Math.max(0, this.index.rows - 1)));
    const rows: LogRow[] = [];
    const lastRow = this.firstRow() + this.rowsShown();
    for (let at = first; at < lines && this.index.rowOf(at) <= lastRow; at += 1) {
      const line = buffer.line(at);
      if (line !== undefined) rows.push(toRow(line, this.query()));
    }
    return { rows, top: this.index.rowOf(first) * rowHeight };
  });

  private readonly askedIndex = computed(() => {
    const [line, log] = [this.line(), this.log()];
    log.version();
    return line === undefined ? -1 : log.buffer.indexOfSeq(line);
  });
  /** The number of the line that is to be shown; 0 when there is none here. */
  protected readonly askedLine = computed(() => {
    const at = this.askedIndex();
    return at === -1 ? 0 : this.layout().dropped + at + 1;
  });
  protected readonly isAskedDropped = computed(() => {
    const [line, { dropped }] = [this.line(), this.layout()];
    return line !== undefined && dropped > 0 && this.askedLine() === 0 && line <= this.log().buffer.lastSeq;
  });

  protected readonly matches = computed(() => this.found().matches);
  protected readonly searching = computed(() => this.found().searching);
  protected readonly currentLine = computed(() => this.matches()[this.current()] ?? 0);
  protected readonly bounds = logBounds;
  protected readonly icons = {
    clock: mdiClockOutline,
    copy: mdiContentCopy,
    down: mdiArrowDown,
    download: mdiDownload,
    follow: mdiChevronDoubleDown,
    search: mdiMagnify,
    up: mdiArrowUp,
    wrap: mdiWrap,
  };

  constructor() {
    const destroyRef = inject(DestroyRef);
    afterNextRender(() => {
      const scroller = this.scroller().nativeElement;
      const measure = () => {
        this.height.set(scroller.clientHeight);
        this.width.set(scroller.clientWidth);
        this.charWidth.set(this.ruler().nativeElement.getBoundingClientRect().width / 100 || 7.8);
      };
      const observer = new ResizeObserver(measure);
      observer.observe(scroller);
      void this.document.fonts.ready.then(measure);
      destroyRef.onDestroy(() => observer.disconnect());
    });
    afterRenderEffect(() => this.keepPlace());
    effect(() => {
      this.log().version();
      this.query();
      untracked(() => this.searchOn());
    });
  }

  protected scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller().nativeElement;
    const atEnd = scrollTop + clientHeight >= scrollHeight - rowHeight / 2;
    if (Math.abs(scrollTop - this.lastScrollTop) > 1) this.isPinned.set(false);
    if (atEnd) this.follow.set(true);
    else if (scrollTop < this.lastScrollTop - 1) this.follow.set(false);
    this.lastScrollTop = scrollTop;
    this.scrollTop.set(scrollTop);
  }

  protected typeSearch(text: string): void {
    this.query.set(text);
    this.current.set(0);
  }

  protected pressSearchKey(event: KeyboardEvent): void {
    if (event.key === 'Enter') this.goToMatch(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape') {
      this.typeSearch('');
      this.scroller().nativeElement.focus();
    } else return;
    event.preventDefault();
  }

  protected goToMatch(direction: 1 | -1): void {
    const count = this.matches().length;
    if (count === 0) return;
    this.current.update((at) => (at + direction + count) % count);
    this.showCurrentMatch();
  }

  /** The browser’s own search sees only the rows that are drawn. */
  protected pressKey(event: KeyboardEvent): void {
    if (this.document.querySelector('.cdk-overlay-backdrop') !== null) return;
    const target = event.target instanceof Element ? event.target : null;
    const writing = target?.closest('input, textarea, select, [contenteditable]') != null;
    const find = event.key.toLowerCase() === 'f' && (event.ctrlKey || event.metaKey) && !event.shiftKey;
    const slash = event.key === '/' && !writing && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!find && !slash) return;
    event.preventDefault();
    this.searchField().nativeElement.focus();
    this.searchField().nativeElement.select();
  }

  protected followEnd(): void {
    this.isPinned.set(false);
    this.follow.update((follow) => !follow);
  }

  protected async copy(): Promise<void> {
    const selected = this.document.getSelection();
    const some =
      selected?.isCollapsed === false && this.scroller().nativeElement.contains(selected.anchorNode);
    const text = some ? selected.toString() : this.log().buffer.plainText();
    try {
      await navigator.clipboard.writeText(text);
      this.toasts.show(some ? 'The selection is copied.' : 'The log is copied.');
    } catch (error) {
      // Without HTTPS, or when the person refuses, the browser gives no clipboard.
      console.warn(error);
      this.toasts.show('The browser does not allow copying here. Download the log instead.');
    }
  }

  protected exactTime(at: number): string {
    const time = new Date(at);
    const two = (value: number) => String(value).padStart(2, '0');
    const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
    return `${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`;
  }

  private gutterFor(digits: number): number {
    return digits + 2 + markColumns + (this.times() ? timeColumns : 0);
  }

  /** Columns that are left for the text beside the line numbers. */
  private columnsFor(lines: number): number {
    const gutter = this.gutterFor(Math.max(3, String(lines).length));
    return Math.max(20, Math.floor(this.width() / this.charWidth()) - gutter - 1);
  }

  /** After each drawing: to the end while following, and otherwise on the same lines when older ones were dropped. */
  private keepPlace(): void {
    const { dropped } = this.layout();
    this.height();
    const follow = this.follow();
    const scroller = this.scroller().nativeElement;
    const asked = this.askedIndex();
    if (this.isPinned() && asked !== -1) {
      // On a phone the log is below the fold.
      if (this.broughtLine !== this.line()) scroller.scrollIntoView({ block: 'nearest' });
      this.broughtLine = this.line();
      this.scrollToLine(asked);
    } else if (follow) {
      scroller.scrollTop = scroller.scrollHeight;
    } else if (dropped > this.droppedBefore && !this.wrap()) {
      scroller.scrollTop -= (dropped - this.droppedBefore) * rowHeight;
    }
    this.droppedBefore = dropped;
    this.lastScrollTop = scroller.scrollTop;
    this.scrollTop.set(scroller.scrollTop);
  }

  private searchOn(): void {
    const query = this.query();
    if (query !== this.search.query) {
      this.search = new LogSearch(query);
      this.continueSearch(this.search, true);
    } else if (query !== '' && !this.searching()) {
      this.continueSearch(this.search, false);
    }
  }

  private continueSearch(search: LogSearch, isNew: boolean): void {
    if (search !== this.search) return;
    const searching = search.query !== '' && search.step(this.log().buffer);
    this.found.set({ matches: [...search.matches], searching });
    const starts = isNew && search.matches.length > 0;
    if (starts) {
      const top = this.index.lineAt(Math.floor(this.scrollTop() / rowHeight));
      this.current.set(this.follow() ? 0 : search.firstFrom(this.log().buffer.dropped + top + 1));
      this.showCurrentMatch();
    }
    if (searching) setTimeout(() => this.continueSearch(search, isNew && !starts));
  }

  private showCurrentMatch(): void {
    const number = this.matches()[this.current()];
    if (number === undefined) return;
    this.follow.set(false);
    this.isPinned.set(false);
    this.scrollToLine(number - this.log().buffer.dropped - 1);
  }

  private scrollToLine(index: number): void {
    const scroller = this.scroller().nativeElement;
    scroller.scrollTop = Math.max(0, this.index.rowOf(index) * rowHeight - scroller.clientHeight / 2);
  }
}
