import { httpResource } from '@angular/common/http';
import { Component, ElementRef, computed, effect, inject, input, untracked, viewChild } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { Server, TerminalSizeMessage } from '@cronium/contracts';
import { mdiClose, mdiConsole, mdiLoading, mdiRefresh } from '@mdi/js';

import { WhereTitle } from '../../../core/shell/where';
import { LoadError } from '../../../shared/feedback/load-error';
import { Notice } from '../../../shared/feedback/notice';
import { Placeholder } from '../../../shared/feedback/placeholder';
import { Toasts } from '../../../shared/feedback/toasts';
import { Icon } from '../../../shared/icon/icon';
import { Clock } from '../../../shared/time/clock';
import { formatRunning } from '../../../shared/time/duration';
import { serverUrl } from '../server-api';
import type { HoldsTerminal } from './leave-terminal';
import { endHeadingOf, phoneKeys } from './terminal-words';
import { TerminalScreen } from './terminal-screen';
import { TerminalSession } from './terminal-session';

/** A shell on an ssh server, with all the height that is left. */
@Component({
  selector: 'cr-terminal-page',
  imports: [Icon, LoadError, Notice, Placeholder, RouterLink, TerminalScreen],
  providers: [TerminalSession],
  templateUrl: './terminal-page.html',
  styleUrl: './terminal-page.scss',
  host: { '(window:beforeunload)': 'askBeforeUnload($event)' },
})
export class TerminalPage implements HoldsTerminal {
  private readonly session = inject(TerminalSession);
  private readonly clock = inject(Clock);
  private readonly toasts = inject(Toasts);

  readonly id = input.required<string>();

  private readonly screen = viewChild(TerminalScreen);
  private readonly endButton = viewChild<ElementRef<HTMLButtonElement>>('endButton');
  private size: TerminalSizeMessage | undefined;

  protected readonly loaded = httpResource<Server>(() => serverUrl(this.id()));
  protected readonly server = computed(() => (this.loaded.hasValue() ? this.loaded.value() : undefined));
  /** How the host is reached; null when the person may have no terminal there. */
  protected readonly address = computed(() => {
    const server = this.server();
    if (server?.type !== 'ssh' || server.access !== 'manage' || !server.connection) return null;
    const { username, host, port } = server.connection;
    return `${username}@${host}${port === 22 ? '' : `:${port}`}`;
  });
  protected readonly state = this.session.state;
  protected readonly isOpen = computed(() => this.state().kind === 'open');
  /** What is said of one that is over. */
  protected readonly ending = computed(() => {
    const state = this.state();
    if (state.kind === 'lost') {
      const text = 'What ran in it has been hung up. For what must go on, use tmux or screen on the host.';
      return { heading: 'The connection to Cronium was lost', text, isGood: false };
    }
    if (state.kind !== 'ended') return null;
    const { reason, message, exitCode } = state.end;
    const code = exitCode === undefined || exitCode === 0 ? '' : ` Its exit code is ${exitCode}.`;
    return {
      heading: endHeadingOf(reason),
      text: `${message}${code}`,
      isGood: reason === 'exited' || reason === 'left',
    };
  });
  protected readonly closesIn = computed(() => {
    const closesAt = this.session.closesAt();
    return closesAt === null ? null : formatRunning(closesAt - this.clock.now());
  });
  protected readonly idleMinutes = computed(() => {
    const state = this.state();
    return state.kind === 'open' ? Math.round(state.idleSeconds / 60) : 0;
  });
  protected readonly phoneKeys = phoneKeys;
  protected readonly icons = { again: mdiRefresh, console: mdiConsole, end: mdiClose, turn: mdiLoading };

  constructor() {
    const where = inject(WhereTitle);
    effect(() => {
      const label = this.server()?.name ?? 'Server';
      const link = `/servers/${this.id()}`;
      untracked(() =>
        where.here({ label: 'Servers', link: '/servers' }, { label, link }, { label: 'Terminal' }),
      );
    });
    effect(() => {
      if (this.isOpen()) untracked(() => this.screen()?.focus());
    });
  }

  hasOpenTerminal(): boolean {
    return this.isOpen();
  }

  protected start(size: TerminalSizeMessage): void {
    this.size = size;
    this.open();
  }

  protected open(): void {
    if (!this.size) return;
    this.screen()?.reset();
    void this.session.open(this.id(), this.size, {
      write: (data, shown) => this.screen()?.write(data, shown),
    });
  }

  protected resize(size: TerminalSizeMessage): void {
    this.size = size;
    this.session.resize(size);
  }

  protected type(text: string): void {
    this.session.type(text);
  }

  protected press(keys: string): void {
    this.session.type(keys);
    this.screen()?.focus();
  }

  protected stay(): void {
    this.session.stay();
    this.screen()?.focus();
  }

  protected endSession(): void {
    this.session.close();
  }

  protected leaveScreen(): void {
    this.endButton()?.nativeElement.focus();
  }

  protected async copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.toasts.show('Copied.');
    } catch {
      // Without https browsers have no clipboard for pages, and people may forbid it.
      this.toasts.show('The browser did not let it be copied. Use its menu: right-click, Copy.');
    }
  }

  protected askBeforeUnload(event: BeforeUnloadEvent): void {
    if (this.isOpen()) event.preventDefault();
  }
}
