import { MergeView, unifiedMergeView } from '@codemirror/merge';
import { EditorView } from '@codemirror/view';

import { shownCode, type CodeLanguage } from './code-mirror';

export interface CodeMergeOptions {
  readonly before: string;
  readonly after: string;
  readonly language: CodeLanguage;
  readonly label: string;
  /** Beside each other, or one below the other. */
  readonly beside: boolean;
}

/** Long stretches of what is the same are folded, but for some lines around each change. */
const collapseUnchanged = { margin: 3, minSize: 8 };

const added = 'color-mix(in srgb, var(--state-succeeded) 13%, transparent)';
const addedText = 'color-mix(in srgb, var(--state-succeeded) 30%, transparent)';
const removed = 'color-mix(in srgb, var(--state-failed) 11%, transparent)';
const removedText = 'color-mix(in srgb, var(--state-failed) 28%, transparent)';
/** Not by colour alone: each changed line begins with its sign. */
const sign = (content: string, color: string) => ({
  content: `"${content}"`,
  position: 'absolute',
  left: '3px',
  color,
  fontWeight: '700',
});
const plus = sign('+', 'var(--state-succeeded)');
const minus = sign('−', 'var(--state-failed)');

const theme = EditorView.theme({
  '&': { height: 'auto' },
  '.cm-scroller': { overflow: 'auto' },
  '.cm-line': { position: 'relative', paddingLeft: '16px' },
  '.cm-changeGutter': { display: 'none' },
  '&.cm-merge-a .cm-changedLine, .cm-deletedChunk': { backgroundColor: removed },
  '&.cm-merge-b .cm-changedLine': { backgroundColor: added },
  // The text of a whole new line: the line itself has the colour.
  '.cm-insertedLine': { background: 'none', textDecoration: 'none' },
  '&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText': {
    background: removedText,
    borderRadius: '2px',
  },
  '&.cm-merge-b .cm-changedText': { background: addedText, borderRadius: '2px' },
  '&.cm-merge-a .cm-changedLine::before, .cm-deletedLine::before': minus,
  '&.cm-merge-b .cm-changedLine::before': plus,
  '.cm-deletedChunk': { paddingLeft: '0' },
  '.cm-deletedChunk .cm-deletedLine': { position: 'relative', paddingLeft: '16px', textDecoration: 'none' },
  '.cm-deletedChunk del, .cm-deletedText': { textDecoration: 'none' },
  '.cm-collapsedLines': {
    padding: '4px 16px',
    background: 'var(--surface-sunken)',
    color: 'var(--text-muted)',
    fontFamily: 'var(--font)',
    fontSize: 'var(--text-small)',
  },
});

/** Two texts compared by CodeMirror; nothing can be changed. */
export class CodeMerge {
  private readonly view: { destroy(): void };

  constructor(parent: HTMLElement, { before, after, language, label, beside }: CodeMergeOptions) {
    const extensions = (which: string) => [...shownCode(language, `${label}, ${which}`), theme];
    this.view = beside
      ? new MergeView({
          parent,
          a: { doc: before, extensions: extensions('before') },
          b: { doc: after, extensions: extensions('after') },
          collapseUnchanged,
          gutter: false,
        })
      : new EditorView({
          parent,
          doc: after,
          extensions: [
            ...extensions('changes'),
            unifiedMergeView({
              original: before,
              mergeControls: false,
              syntaxHighlightDeletions: true,
              collapseUnchanged,
              gutter: false,
            }),
          ],
        });
  }

  destroy(): void {
    this.view.destroy();
  }
}
