import { Injectable, Injector, inject, type Type } from '@angular/core';
import type { MatDialogConfig } from '@angular/material/dialog';
import { firstValueFrom } from 'rxjs';

import type { Confirmation } from './confirm-dialog';

/** Opens dialogs, and loads what they need with the first one. */
@Injectable({ providedIn: 'root' })
export class Dialogs {
  private readonly injector = inject(Injector);

  /** Whether the person went on. */
  async confirm(confirmation: Confirmation): Promise<boolean> {
    const { ConfirmDialog } = await import('./confirm-dialog');
    const config = { data: confirmation, role: 'alertdialog' as const, width: '440px' };
    return (await this.open<boolean>(ConfirmDialog, config)) ?? false;
  }

  /** The dialog's result, or undefined when it was left. */
  async open<R>(component: Type<unknown>, config: MatDialogConfig = {}): Promise<R | undefined> {
    const { MatDialog } = await import('@angular/material/dialog');
    const dialog = this.injector.get(MatDialog);
    // It takes the focus when it has opened: were that later, it would pull a quick person back into the first field.
    const defaults: MatDialogConfig = { autoFocus: 'first-tabbable', enterAnimationDuration: '0ms' };
    const merged = Object.assign({}, defaults, { exitAnimationDuration: '60ms' }, config);
    const opened = dialog.open<unknown, unknown, R>(component, merged);
    return firstValueFrom(opened.afterClosed());
  }
}
