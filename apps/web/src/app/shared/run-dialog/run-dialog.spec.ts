import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { Component, input, model } from '@angular/core';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { MAT_DIALOG_DATA, MatDialogRef } from '@angular/material/dialog';

import { CodeEditor } from '../code-editor/code-editor';
import { RunDialog, type RunQuestion } from './run-dialog';

/** CodeMirror needs a browser. */
@Component({ selector: 'cr-code-editor', template: '' })
class PlainEditor {
  readonly value = model('');
  readonly language = input('');
  readonly label = input('');
}

describe('RunDialog', () => {
  let fixture: ComponentFixture<RunDialog>;
  const close = jest.fn<void, [unknown]>();

  const open = (question: Partial<RunQuestion>) => {
    close.mockReset();
    TestBed.configureTestingModule({
      imports: [RunDialog],
      providers: [
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: MatDialogRef, useValue: { close } },
        { provide: MAT_DIALOG_DATA, useValue: { name: 'Event', dirty: false, saved: null, ...question } },
      ],
    }).overrideComponent(RunDialog, { remove: { imports: [CodeEditor] }, add: { imports: [PlainEditor] } });
    fixture = TestBed.createComponent(RunDialog);
    fixture.detectChanges();
  };
  const element = () => fixture.nativeElement as HTMLElement;
  const write = (text: string) => {
    const editor = fixture.debugElement.query(({ name }) => name === 'cr-code-editor');
    (editor.componentInstance as PlainEditor).value.set(text);
    fixture.detectChanges();
  };
  const runButton = () => element().querySelector<HTMLButtonElement>('.button.primary');

  it('says in which line and column the input is wrong, and runs nothing meanwhile', () => {
    open({ saved: 'a' });
    write('{\n  "a" 1\n}');
    expect(element().querySelector('[data-testid=input-error]')?.textContent).toBe(
      'Line 2, column 7: expected “:” after the name.',
    );
    expect(runButton()?.disabled).toBe(true);
    write('{"a": 1}');
    runButton()?.click();
    expect(close.mock.calls).toEqual([[{ save: false, run: { input: { a: 1 } } }]]);
  });

  it('begins with the input of the run that is repeated, and asks for servers when others are wanted', async () => {
    open({ saved: 'b', input: { day: 1 } });
    element().querySelectorAll<HTMLInputElement>('input[name=where]')[1]?.click();
    fixture.detectChanges();
    const server = { id: 's', name: 'web-1', type: 'container', tags: [], load: { active: 0, queued: 0 } };
    TestBed.inject(HttpTestingController)
      .expectOne('/api/servers')
      .flush({ items: [server], nextCursor: null });
    await fixture.whenStable();
    fixture.detectChanges();
    expect(runButton()?.disabled).toBe(true);
    element().querySelector<HTMLInputElement>('input[type=checkbox]')?.click();
    fixture.detectChanges();
    runButton()?.click();
    expect(close.mock.calls).toEqual([[{ save: false, run: { input: { day: 1 }, serverIds: ['s'] } }]]);
  });
});
