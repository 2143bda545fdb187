import {
  Component,
  DestroyRef,
  ElementRef,
  afterNextRender,
  booleanAttribute,
  effect,
  inject,
  input,
  model,
  output,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import type { FormValueControl, ValidationError } from '@angular/forms/signals';

import { Skeleton } from '../feedback/skeleton';
import type { CodeLanguage, CodeMirrorEditor } from './code-mirror';

/** Source code in CodeMirror, which is loaded when the first editor is shown. */
@Component({
  selector: 'cr-code-editor',
  imports: [Skeleton],
  template: `
    @if (!ready()) {
      <cr-skeleton [rows]="6" />
    }
    <div #host class="host"></div>
  `,
  styles: `
    :host {
      display: block;
      position: relative;
      min-height: 0;
      overflow: hidden;
      --skeleton-row: 22px;
    }
    .host {
      height: 100%;
    }
  `,
})
export class CodeEditor implements FormValueControl<string> {
  readonly value = model('');
  readonly language = input.required<CodeLanguage>();
  readonly label = input.required<string>();
  readonly readonly = input(false, { transform: booleanAttribute });
  readonly errors = input<readonly ValidationError.WithOptionalFieldTree[]>([]);
  readonly touch = output();

  private readonly host = viewChild.required<ElementRef<HTMLElement>>('host');
  private editor: CodeMirrorEditor | undefined;
  protected readonly ready = signal(false);

  constructor() {
    const destroyRef = inject(DestroyRef);
    let destroyed = false;
    destroyRef.onDestroy(() => {
      destroyed = true;
      this.editor?.destroy();
    });
    const create = async () => {
      const { CodeMirrorEditor } = await import('./code-mirror');
      if (destroyed) return;
      this.editor = new CodeMirrorEditor(this.host().nativeElement, {
        value: this.value(),
        language: this.language(),
        label: this.label(),
        readonly: this.readonly(),
        changed: (value) => this.value.set(value),
        left: () => this.touch.emit(),
      });
      this.ready.set(true);
    };
    afterNextRender(() => void create());
    effect(() => {
      const value = this.value();
      if (this.ready()) untracked(() => this.editor?.setValue(value));
    });
    effect(() => {
      const language = this.language();
      if (this.ready()) untracked(() => this.editor?.setLanguage(language));
    });
    effect(() => {
      const readonly = this.readonly();
      if (this.ready()) untracked(() => this.editor?.setReadonly(readonly));
    });
  }

  focus(): void {
    this.editor?.focus();
  }
}
