import { httpResource } from '@angular/common/http';
import { Component, computed, inject, input, viewChild } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { Server } from '@cronium/contracts';
import { mdiLockOutline } from '@mdi/js';

import { SessionStore } from '../../core/auth/session';
import { LoadError } from '../../shared/feedback/load-error';
import { Placeholder } from '../../shared/feedback/placeholder';
import { Skeleton } from '../../shared/feedback/skeleton';
import type { HoldsChanges } from '../../shared/unsaved/unsaved-changes';
import { ContainerEditor } from './container-editor';
import { mayEditServer } from './may-edit';
import { serverUrl } from './server-api';
import { ServerEditor } from './server-editor';

/** Opens the editor of a saved server: each type has its own. */
@Component({
  selector: 'cr-edit-server',
  imports: [ContainerEditor, LoadError, Placeholder, RouterLink, ServerEditor, Skeleton],
  template: `
    @if (server(); as one) {
      @if (!mayEdit()) {
        <div class="page">
          <div class="card">
            <cr-placeholder data-testid="may-not" [icon]="lock" heading="You may not change this server">
              {{
                one.access === 'manage'
                  ? 'Container servers are configured by administrators.'
                  : 'You may use “' + one.name + '”, not manage it.'
              }}
              <a actions class="button" [routerLink]="['/servers', one.id]">Back to the server</a>
            </cr-placeholder>
          </div>
        </div>
      } @else if (one.type === 'container') {
        <cr-container-editor [server]="one" />
      } @else {
        <cr-server-editor [server]="one" />
      }
    } @else {
      <div class="page">
        <div class="card">
          @if (loaded.error()) {
            <cr-load-error
              heading="This server could not be loaded"
              [error]="loaded.error()"
              (retry)="loaded.reload()"
            />
          } @else {
            <cr-skeleton [rows]="10" />
          }
        </div>
      </div>
    }
  `,
})
export class EditServer implements HoldsChanges {
  private readonly session = inject(SessionStore);
  private readonly containerEditor = viewChild(ContainerEditor);
  private readonly serverEditor = viewChild(ServerEditor);

  readonly id = input.required<string>();

  protected readonly loaded = httpResource<Server>(() => serverUrl(this.id()));
  protected readonly server = computed(() => (this.loaded.hasValue() ? this.loaded.value() : undefined));
  protected readonly mayEdit = computed(() => mayEditServer(this.server(), this.session.user()));
  protected readonly lock = mdiLockOutline;

  hasUnsavedChanges(): boolean {
    return (this.containerEditor() ?? this.serverEditor())?.hasUnsavedChanges() ?? false;
  }
}
