import { Component } from '@angular/core';
import { TestBed } from '@angular/core/testing';

import { SearchBox } from './search-box';

@Component({
  imports: [SearchBox],
  template: `<cr-search-box
    label="Search"
    [value]="'a'"
    [pauseMs]="pause"
    (searched)="heard.push($event)"
  />`,
})
class Page {
  pause = 250;
  readonly heard: string[] = [];
}

describe('SearchBox', () => {
  const open = (pause: number) => {
    const fixture = TestBed.createComponent(Page);
    fixture.componentInstance.pause = pause;
    fixture.detectChanges();
    const field = (fixture.nativeElement as HTMLElement).querySelector('input');
    if (!field) throw new Error('There is no field.');
    const type = (text: string) => {
      field.value = text;
      field.dispatchEvent(new Event('input'));
    };
    return { fixture, field, type, heard: fixture.componentInstance.heard };
  };

  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('speaks once, when the typing pauses', () => {
    const { field, type, heard } = open(250);
    expect(field.value).toBe('a');
    type('ba');
    jest.advanceTimersByTime(200);
    type(' back ');
    jest.advanceTimersByTime(249);
    expect(heard).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(heard).toEqual(['back']);
  });

  it('speaks at once where it is told so', () => {
    const { type, heard } = open(0);
    type('b');
    expect(heard).toEqual(['b']);
  });

  it('says nothing after it is gone', () => {
    const { fixture, type, heard } = open(250);
    type('b');
    fixture.destroy();
    jest.advanceTimersByTime(1000);
    expect(heard).toEqual([]);
  });
});
