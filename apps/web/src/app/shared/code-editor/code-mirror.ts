import { closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { javascript } from '@codemirror/lang-javascript';
import { json, jsonParseLinter } from '@codemirror/lang-json';
import { python } from '@codemirror/lang-python';
import {
  HighlightStyle,
  StreamLanguage,
  bracketMatching,
  foldGutter,
  foldKeymap,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from '@codemirror/language';
import { shell } from '@codemirror/legacy-modes/mode/shell';
import { linter } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, Prec, type Extension } from '@codemirror/state';
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';

export type CodeLanguage = 'bash' | 'python' | 'javascript' | 'json';

export interface CodeMirrorOptions {
  readonly value: string;
  readonly language: CodeLanguage;
  readonly label: string;
  readonly readonly: boolean;
  readonly changed: (value: string) => void;
  readonly left: () => void;
}

const highlight = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: 'var(--syntax-keyword)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--syntax-string)' },
  { tag: tags.comment, color: 'var(--syntax-comment)', fontStyle: 'italic' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--syntax-number)' },
  {
    tag: [tags.function(tags.variableName), tags.definition(tags.variableName), tags.standard(tags.name)],
    color: 'var(--syntax-name)',
  },
  { tag: [tags.propertyName, tags.className, tags.typeName], color: 'var(--syntax-name)' },
  { tag: [tags.regexp, tags.escape, tags.meta, tags.attributeName], color: 'var(--syntax-special)' },
]);

/** By our tokens, so that light and dark need no change here. */
const theme = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--surface)', color: 'var(--text)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6', fontVariantLigatures: 'none' },
  '.cm-content': { padding: '10px 0', caretColor: 'var(--accent)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--text-muted)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 6px 0 14px', minWidth: '38px' },
  '.cm-activeLine, .cm-activeLineGutter': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 6%, transparent)',
  },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'var(--selection)',
  },
  '.cm-selectionMatch': { backgroundColor: 'color-mix(in srgb, var(--accent) 18%, transparent)' },
  '.cm-searchMatch': { backgroundColor: 'var(--match)' },
  '.cm-searchMatch-selected': { backgroundColor: 'var(--match-current)' },
  '.cm-matchingBracket': { backgroundColor: 'color-mix(in srgb, var(--accent) 22%, transparent)' },
  '.cm-panels': {
    backgroundColor: 'var(--surface-sunken)',
    color: 'var(--text)',
    borderColor: 'var(--line)',
    fontFamily: 'var(--font)',
  },
  '.cm-panel input, .cm-panel button': { font: 'inherit', color: 'inherit' },
  '.cm-textfield': {
    backgroundColor: 'var(--surface)',
    border: '1px solid var(--line-strong)',
    borderRadius: '4px',
  },
  '.cm-button': {
    backgroundImage: 'none',
    backgroundColor: 'var(--surface)',
    border: '1px solid var(--line-strong)',
    borderRadius: '4px',
  },
  '.cm-tooltip': { backgroundColor: 'var(--surface-raised)', border: '1px solid var(--line)' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--hover)', border: 'none', color: 'var(--text-muted)' },
});

function languageOf(language: CodeLanguage): Extension {
  switch (language) {
    case 'bash':
      return [StreamLanguage.define(shell), indentUnit.of('  ')];
    case 'python':
      return [python(), indentUnit.of('    ')];
    case 'javascript':
      return [javascript(), indentUnit.of('  ')];
    case 'json':
      return [json(), indentUnit.of('  '), linter(emptyOrJson, { delay: 250 })];
  }
}

/** Code that is only looked at. */
export function shownCode(language: CodeLanguage, label: string): Extension[] {
  return [
    lineNumbers(),
    drawSelection(),
    syntaxHighlighting(highlight),
    theme,
    languageOf(language),
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
  ];
}

const lintJson = jsonParseLinter();
/** No input at all is no mistake. */
const emptyOrJson = (view: EditorView) => (view.state.doc.toString().trim() === '' ? [] : lintJson(view));

/** These belong to the page: save, and run. */
const pageKeys = Prec.highest(
  keymap.of([
    { key: 'Mod-Enter', run: () => true },
    { key: 'Mod-s', run: () => true },
  ]),
);

/** CodeMirror 6 as Cronium uses it. Tab indents; Escape and then Tab leaves, for those without a mouse. */
export class CodeMirrorEditor {
  private readonly language = new Compartment();
  private readonly access = new Compartment();
  private readonly view: EditorView;

  constructor(parent: HTMLElement, options: CodeMirrorOptions) {
    this.view = new EditorView({
      parent,
      state: EditorState.create({
        doc: options.value,
        extensions: [
          pageKeys,
          lineNumbers(),
          foldGutter(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          highlightActiveLineGutter(),
          highlightSelectionMatches(),
          search({ top: true }),
          syntaxHighlighting(highlight),
          theme,
          keymap.of([
            ...closeBracketsKeymap,
            ...searchKeymap,
            ...historyKeymap,
            ...foldKeymap,
            ...completionKeymap,
            ...defaultKeymap,
            indentWithTab,
          ]),
          EditorView.contentAttributes.of({ 'aria-label': options.label, spellcheck: 'false' }),
          this.language.of(languageOf(options.language)),
          this.access.of(EditorState.readOnly.of(options.readonly)),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) options.changed(update.state.doc.toString());
            if (update.focusChanged && !update.view.hasFocus) options.left();
          }),
        ],
      }),
    });
  }

  setValue(value: string): void {
    const { doc } = this.view.state;
    if (doc.toString() === value) return;
    this.view.dispatch({ changes: { from: 0, to: doc.length, insert: value } });
  }

  setLanguage(language: CodeLanguage): void {
    this.view.dispatch({ effects: this.language.reconfigure(languageOf(language)) });
  }

  setReadonly(readonly: boolean): void {
    this.view.dispatch({ effects: this.access.reconfigure(EditorState.readOnly.of(readonly)) });
  }

  focus(): void {
    this.view.focus();
  }

  destroy(): void {
    this.view.destroy();
  }
}
