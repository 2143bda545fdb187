import type { TerminalSizeMessage } from '@cronium/contracts';
import { FitAddon } from '@xterm/addon-fit';
import { type ITheme, Terminal } from '@xterm/xterm';

export interface XtermOptions {
  /** What was typed or pasted. */
  readonly typed: (text: string) => void;
  readonly resized: (size: TerminalSizeMessage) => void;
  /** The person wants out of the terminal, by keyboard. */
  readonly left: () => void;
  /** The person wants a copy of what is selected. */
  readonly copied: (text: string) => void;
}

const font = "'JetBrains Mono Variable'";
const ansi = [
  ...['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'],
  ...['brightBlack', 'brightRed', 'brightGreen', 'brightYellow'],
  ...['brightBlue', 'brightMagenta', 'brightCyan', 'brightWhite'],
] as const;

/** xterm.js as Cronium uses it. Tab belongs to the shell; Ctrl+Shift+L leaves, for those without a mouse. */
export class XtermScreen {
  private readonly terminal: Terminal;
  private readonly fitting = new FitAddon();
  private readonly watching: ResizeObserver;
  private nextFit = 0;

  private constructor(
    private readonly host: HTMLElement,
    options: XtermOptions,
  ) {
    const style = getComputedStyle(host);
    this.terminal = new Terminal({
      fontFamily: style.getPropertyValue('--mono'),
      fontSize: Number.parseFloat(style.fontSize),
      lineHeight: 1.2,
      scrollback: 5000,
      cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      minimumContrastRatio: 4.5,
      theme: themeOf(host),
    });
    this.terminal.loadAddon(this.fitting);
    this.terminal.open(host);
    this.terminal.attachCustomKeyEventHandler((event) => this.mayHandle(event, options));
    this.terminal.onData(options.typed);
    this.terminal.onResize(({ cols, rows }) => options.resized({ columns: cols, rows }));
    this.fitting.fit();
    this.watching = new ResizeObserver(() => {
      cancelAnimationFrame(this.nextFit);
      this.nextFit = requestAnimationFrame(() => this.fitting.fit());
    });
    this.watching.observe(host);
  }

  /** With the font there: cells are as wide as its letters, and are measured once. */
  static async open(host: HTMLElement, options: XtermOptions): Promise<XtermScreen> {
    await host.ownerDocument.fonts.load(`13px ${font}`);
    return new XtermScreen(host, options);
  }

  get size(): TerminalSizeMessage {
    return { columns: this.terminal.cols, rows: this.terminal.rows };
  }

  /** @param shown called when it is drawn: more is not asked for before */
  write(data: Uint8Array, shown: () => void): void {
    this.terminal.write(data, shown);
  }

  /** Whether keys are taken. A screen that takes none keeps what it shows. */
  setLive(live: boolean): void {
    this.terminal.options.disableStdin = !live;
    this.terminal.options.cursorInactiveStyle = live ? 'outline' : 'none';
  }

  /** Empty, as for a new session. */
  reset(): void {
    this.terminal.reset();
  }

  focus(): void {
    this.terminal.focus();
  }

  /** The colours of the page have changed. */
  repaint(): void {
    this.terminal.options.theme = themeOf(this.host);
  }

  destroy(): void {
    cancelAnimationFrame(this.nextFit);
    this.watching.disconnect();
    this.terminal.dispose();
  }

  private mayHandle(event: KeyboardEvent, options: XtermOptions): boolean {
    if (!event.ctrlKey || !event.shiftKey || event.altKey || event.metaKey) return true;
    const key = event.key.toLowerCase();
    // Ctrl+Shift+V is the browser's paste: without a key for the shell it becomes a paste event.
    if (key === 'v') return false;
    if (key !== 'l' && key !== 'c') return true;
    event.preventDefault();
    event.stopPropagation();
    if (event.type !== 'keydown') return false;
    if (key === 'l') options.left();
    else if (this.terminal.hasSelection()) options.copied(this.terminal.getSelection());
    return false;
  }
}

/** xterm wants plain colours, and ours are written with `light-dark()`: an element of the page works them out. */
function themeOf(host: HTMLElement): ITheme {
  const probe = host.ownerDocument.createElement('span');
  host.append(probe);
  const colour = (token: string): string => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const theme: ITheme = {
    background: colour('surface-sunken'),
    foreground: colour('text'),
    cursor: colour('accent'),
    cursorAccent: colour('surface-sunken'),
    selectionBackground: colour('selection'),
    ...Object.fromEntries(ansi.map((name, index) => [name, colour(`ansi-${index}`)])),
  };
  probe.remove();
  return theme;
}
