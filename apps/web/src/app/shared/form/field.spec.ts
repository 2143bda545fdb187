import { Component, signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { FormField, form, required } from '@angular/forms/signals';

import { Field, FieldControl } from './field';

@Component({
  imports: [Field, FieldControl, FormField],
  template: `
    <cr-field label="Name" hint="As others see it.">
      <input crControl [formField]="form.name" />
    </cr-field>
  `,
})
class Page {
  readonly form = form(signal({ name: '' }), (path) => required(path.name, { message: 'Give a name.' }));
}

describe('Field', () => {
  it('ties its label and its note to the control, and tells what is wrong once it was left', async () => {
    const fixture = TestBed.createComponent(Page);
    await fixture.whenStable();
    const page = fixture.nativeElement as HTMLElement;
    const control = page.querySelector('input');
    const note = page.querySelector(`#${control?.getAttribute('aria-describedby') ?? ''}`);
    expect(page.querySelector('label')?.htmlFor).toBe(control?.id);
    expect(note?.textContent.trim()).toBe('As others see it.');
    expect(control?.getAttribute('aria-invalid')).toBe('false');

    control?.dispatchEvent(new Event('blur'));
    await fixture.whenStable();
    expect(note?.textContent.trim()).toBe('Give a name.');
    expect(control?.getAttribute('aria-invalid')).toBe('true');
  });
});
