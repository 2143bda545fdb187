import { httpResource } from '@angular/common/http';
import { Component, viewChild } from '@angular/core';
import type { Settings } from '@cronium/contracts';

import { LoadError } from '../../shared/feedback/load-error';
import { Skeleton } from '../../shared/feedback/skeleton';
import type { HoldsChanges } from '../../shared/unsaved/unsaved-changes';
import { SettingHistory } from './setting-history';
import { SettingsEditor } from './settings-editor';
import { settingsUrl } from './settings-api';

/** The administrator’s page “Execution”: who may use Local Execution, what a job may use there, and how long history is kept. */
@Component({
  selector: 'cr-execution-settings',
  imports: [LoadError, SettingHistory, SettingsEditor, Skeleton],
  template: `
    <div class="page">
      @if (settings.hasValue()) {
        <cr-settings-editor
          [settings]="settings.value()"
          (saved)="settings.set($event)"
          (reload)="settings.reload()"
        />
        <cr-setting-history [version]="settings.value().version" />
      } @else if (settings.error()) {
        <div class="card">
          <cr-load-error
            heading="The settings could not be loaded"
            [error]="settings.error()"
            (retry)="settings.reload()"
          />
        </div>
      } @else {
        <div class="card"><cr-skeleton [rows]="9" /></div>
      }
    </div>
  `,
})
export class ExecutionSettings implements HoldsChanges {
  private readonly editor = viewChild(SettingsEditor);

  protected readonly settings = httpResource<Settings>(() => settingsUrl);

  hasUnsavedChanges(): boolean {
    return this.editor()?.dirty() ?? false;
  }
}
